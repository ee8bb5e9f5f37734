"""Patterns: what could be slow on hostile text never starts, and what is let in is quick."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from procwire.model.filter.firsts import firsts
from procwire.model.filter.pattern import (
    MAX_PATTERN,
    MAX_SEARCHED,
    PatternError,
    compile_pattern,
    searcher,
    tries,
)

SLOW = [
    "(a+)+$",
    "(a*)*",
    "(a|a)*b",
    "(a|aa)+$",
    "a*a*a*b",
    "(.*,){11}P",
    "(a?){40}a{40}",
    "a?" * 40 + "a" * 40,
    "(x+x+)+y",
    "(?:(?:a{0,9}){0,9}){0,9}b",
    "(?=(a+)+b)a",
    "((a{1,20}){1,20})",
    "(?>(a+)+)b",
    "((a+)+)++b",
]
FINE = [
    r"\.example\.com$",
    "^.*a.*b$",
    "(curl|wget)",
    r"(?:\d{1,3}\.){3}\d{1,3}",
    r"^(?:[a-z0-9-]++\.)++example\.com$",
    "(?:[0-9a-f]{2}:){5}[0-9a-f]{2}",
    "(?i)www",
    "a{3}",
    "(?>a+)b",
    "[^ ]+@[^ ]+",
]


@pytest.mark.parametrize("text", SLOW)
def test_slow_patterns_are_refused(text: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(text)


@pytest.mark.parametrize("text", FINE)
def test_useful_patterns_are_let_in_and_quick(text: str) -> None:
    search = searcher(text)
    start = time.perf_counter()
    for hostile in ("a" * 5000, "ab" * 5000, "1." * 5000, "a-" * 5000 + "!", ":0" * 5000, "@" * 5000):
        assert search(hostile) in (True, False)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    "text",
    ["(", "[", "a{9999}", "(?:){9}", r"(a)\1", "x" * (MAX_PATTERN + 1), "*", "(" * 300, "[[a]", "(?P<a>"],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(text)


def test_only_the_start_of_a_long_value_is_searched() -> None:
    search = searcher("x$|y")
    assert search("a" * (MAX_SEARCHED - 1) + "y") is True
    assert search("a" * MAX_SEARCHED + "y") is False


QUICK = [
    r"-(W|R)\s?(\s|\"|')([0-9a-fA-F]{2}\s?){2,20}(\s|\"|')",  # the next character tells whether it goes on
    "a*b*c*d*e*f",
    r"(?:\d+\.)+com",
    r"^(?:[a-z0-9]+-)+end$",
    '(?:[^"]*")*x',
    "(?:a|b|c)*d",
]


@pytest.mark.parametrize("text", QUICK)
def test_what_the_next_character_decides_is_let_in(text: str) -> None:
    assert compile_pattern(text)
    assert tries(text) <= 1_100_000


@pytest.mark.parametrize("seed", range(6))
def test_no_pattern_takes_more_steps_than_it_was_thought_to(seed: int) -> None:
    """Random patterns over three letters, against a matcher that tries as Python's does and counts."""
    drawn = random.Random(seed)
    for _ in range(150):
        text = _pattern(drawn, 3)
        try:
            cost = tries(text)
        except PatternError:
            continue
        if cost > 1000:
            continue
        items = _parser.parse(text)
        for _ in range(6):
            value = "".join(drawn.choice("aabc") for _ in range(14))
            steps = [0]
            next(_ends(list(items), value, 0, steps), None)
            assert steps[0] <= 8 * cost, (text, value, cost)


def _pattern(drawn: random.Random, depth: int) -> str:
    parts = []
    for _ in range(drawn.randint(1, 3)):
        plain = drawn.choice(("a", "b", "c", "[ab]", "[^a]", "."))
        inside = f"(?:{_pattern(drawn, depth - 1)})" if depth and drawn.random() < 0.5 else plain
        if depth and drawn.random() < 0.2:
            inside = f"(?:{inside}|{_pattern(drawn, depth - 1)})"
        parts.append(inside + drawn.choice(("", "", "?", "*", "+", "{1,3}", "{2}", "*?")))
    return "".join(parts)


def _ends(items: Any, value: str, at: int, steps: list[int]) -> Iterator[int]:
    """Places where a sequence can end, in the order in which they are tried."""
    steps[0] += 1
    if not items:
        yield at
        return
    (operation, argument), rest = items[0], items[1:]
    for middle in _item_ends(operation, argument, value, at, steps):
        yield from _ends(rest, value, middle, steps)


def _item_ends(operation: Any, argument: Any, value: str, at: int, steps: list[int]) -> Iterator[int]:
    if operation in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
        low, high, body = argument
        yield from _repeated(list(body), (low, high, operation is _constants.MIN_REPEAT), value, at, steps)
    elif operation is _constants.SUBPATTERN:
        yield from _ends(list(argument[3]), value, at, steps)
    elif operation is _constants.BRANCH:
        for branch in argument[1]:
            yield from _ends(list(branch), value, at, steps)
    elif at < len(value) and firsts([(operation, argument)])[0] >> ord(value[at]) & 1:
        yield at + 1


def _repeated(
    body: Any, bounds: tuple[int, int, bool], value: str, at: int, steps: list[int]
) -> Iterator[int]:
    low, high, lazy = bounds
    if lazy and low <= 0:
        yield at
    if high > 0:
        for middle in _ends(body, value, at, steps):
            if middle > at or low > 0:
                yield from _repeated(body, (low - 1, high - 1, lazy), value, middle, steps)
    if not lazy and low <= 0:
        yield at
