"""Charts of characters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procwire.tui import charts

VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1e12)), max_size=80)


def test_a_line_is_scaled_to_its_largest() -> None:
    assert charts.spark([0, 4, 8], 3) == "▁▅█"
    assert charts.spark([0, 4, 8], 3, ascii_only=True) == "_+@"


def test_what_is_not_known_is_a_hole() -> None:
    assert charts.spark([8, None, 8], 3) == "█ █"


@given(VALUES, st.integers(0, 60), st.integers(1, 9), st.booleans())
def test_charts_have_their_size(values: list[float | None], width: int, height: int, plain: bool) -> None:
    assert len(charts.spark(values, width, ascii_only=plain)) == width
    lines = charts.area(values, max(1, width), height, ascii_only=plain)
    assert [len(line) for line in lines] == [max(1, width)] * height


def test_an_area_grows_from_below() -> None:
    assert charts.area([1, 2], 2, 2) == [" █", "██"]


@given(st.floats(-1, 2), st.integers(0, 40), st.booleans())
def test_a_bar_has_its_width(share: float, width: int, plain: bool) -> None:
    assert len(charts.bar(share, width, ascii_only=plain)) == width


def test_a_bar_shows_its_share() -> None:
    assert charts.bar(0.5, 4, ascii_only=True) == "##.."
    assert charts.bar(1.0, 3) == "███"
