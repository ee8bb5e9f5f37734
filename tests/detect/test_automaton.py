"""Many texts in one pass: what is found is what looking for each alone finds."""

from __future__ import annotations

import random

from procwire.detect import automaton
from procwire.detect.automaton import Automaton


def found(texts: list[str], value: str, made: Automaton | None = None) -> set[int]:
    numbers: set[int] = set()
    (made or Automaton({text: [n] for n, text in enumerate(texts)})).search(value, numbers)
    return numbers


def test_texts_within_and_behind_each_other() -> None:
    texts = ["he", "she", "his", "hers", "e", "ushers"]
    assert found(texts, "ushers") == {0, 1, 3, 4, 5}
    assert found(texts, "HIS") == set()
    assert found([], "anything") == set()
    assert found([], "banana", Automaton({"a": [1, 2]})) == {1, 2}


def test_drawn_texts_are_found_as_one_by_one() -> None:
    draw = random.Random(7)
    texts = sorted({"".join(draw.choices("abc/", k=draw.randint(1, 5))) for _ in range(60)})
    made = Automaton({text: [n] for n, text in enumerate(texts)})
    for _ in range(300):
        value = "".join(draw.choices("abc/ xé", k=draw.randint(0, 30)))
        assert found(texts, value, made) == {n for n, text in enumerate(texts) if text in value}


def test_without_room_to_remember_it_finds_the_same(monkeypatch: object) -> None:
    assert automaton.MAX_REMEMBERED > 0
    made = Automaton({"ab": [1], "bc": [2]})
    made._room = 0
    assert found([], "xabcabx", made) == {1, 2}
