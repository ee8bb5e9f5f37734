"""Errors as people see them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procwire.model.filter.fault import WINDOW, FilterError, nearest


def test_a_caret_stands_under_the_fault() -> None:
    shown = str(FilterError("no", "port == x y", 8, 1, "try 443")).split("\n")
    assert shown == ["filter: no", "  port == x y", "          ^", "  try 443"]


def test_a_long_filter_is_shown_around_the_fault() -> None:
    text = "a" * 500 + "!" + "b" * 500
    lines = str(FilterError("no", text, 500)).split("\n")
    assert lines[1].startswith("  ...a")
    assert lines[1].endswith("b...")
    assert lines[1][lines[2].index("^")] == "!"
    assert len(lines[1]) < WINDOW + 10


def test_hostile_text_is_shown_not_obeyed() -> None:
    lines = str(FilterError("a\nb", "\x1b[2J!", 4)).split("\n")
    assert lines[1] == "  \\x1b[2J!"
    assert lines[1][lines[2].index("^")] == "!"


@given(st.text(max_size=100), st.integers(-5, 200), st.integers(-5, 200))
def test_any_place_can_be_shown(text: str, at: int, length: int) -> None:
    assert str(FilterError("no", text, at, length)).count("\n") == 2


def test_the_nearest_names() -> None:
    assert nearest("prto", ["proto", "port", "x"]) == "did you mean proto or port?"
    assert nearest("zzz", ["proto"]) == ""
