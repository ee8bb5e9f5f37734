"""Columns and widths."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from procwire.model.columns import Column, Kind
from procwire.tui import layout


def columns(*ranks: int) -> list[Column]:
    return [Column(name=str(n), kind=Kind.TEXT, doc="", get=str, rank=rank) for n, rank in enumerate(ranks)]


def test_the_highest_rank_goes_first_and_rank_nought_stays() -> None:
    found = columns(0, 2, 1, 0)
    assert layout.chosen(found, [10, 10, 10, 10], 43) == [0, 1, 2, 3]
    assert layout.chosen(found, [10, 10, 10, 10], 40) == [0, 2, 3]
    assert layout.chosen(found, [10, 10, 10, 10], 5) == [0, 3]


@given(st.lists(st.integers(1, 60), max_size=20), st.integers(1, 300))
def test_widths_never_exceed_the_room(wants: list[int], width: int) -> None:
    widths = layout.shared(wants, width, elastic=frozenset({len(wants) - 1} if wants else ()))
    shown = [wide for wide in widths if wide]
    assert sum(shown) + layout.GAP * max(0, len(shown) - 1) <= width


def test_what_is_left_over_goes_to_the_elastic_one() -> None:
    assert layout.shared([5, 5], 21, elastic=frozenset({1})) == [5, 15]


def test_room_that_is_left_goes_to_who_was_left_out() -> None:
    found = columns(0, 1, 2)
    assert layout.chosen(found, [10, 60, 5], 26) == [0, 2]  # no room for SOME of a long text
    assert layout.chosen(found, [10, 60, 5], 27) == [0, 1]
    assert layout.chosen(found, [10, 60, 5], 33) == [0, 1, 2]
    assert layout.shared([10, 60, 5], 33) == [10, 16, 5]
