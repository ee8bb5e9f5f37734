"""What is written is read again."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.texts.writing import table, text, value_of


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_text_is_read_again(value: str) -> None:
    assert tomllib.loads(f"a = {text(value)}") == {"a": value}


def test_a_preset_is_read_again() -> None:
    made = table("a b", {"title": "x", "source": ""}, {"rtt": "1s", "burst": 2.5, "ecn": True}, ["one\ntwo"])
    assert made.startswith("# one two\n")
    assert tomllib.loads(made) == {"a b": {"title": "x", "rtt": "1s", "burst": 2.5, "ecn": True}}
    assert table("3g-fast", {}, {}).startswith("[3g-fast]")
    assert [value_of(value) for value in (True, False, 3)] == ["true", "false", "3"]
