"""Values as JSON and MessagePack carry them, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.model.columns import Column, Kind
from procwire.model.plain import cells, fields, internal, mended, readers


def _column(kind: Kind) -> Column:
    return Column(name=kind.value, kind=kind, doc="A.", get=lambda row: row.get(kind))


COLUMNS = [_column(kind) for kind in Kind]


def test_cells_are_the_fields_in_order() -> None:
    how = readers(COLUMNS)
    row: dict[Kind, Any] = {Kind.TIME: 1, Kind.TEXT: "", Kind.LIST: (b"a", "b"), Kind.NUMBER: float("nan")}
    row |= {Kind.DURATION: 1_500_000_000, Kind.INTEGER: 0, Kind.BOOLEAN: False}
    found = dict(zip((name for name, _, _ in how), cells(row, how), strict=True))
    assert {name: value for name, value in found.items() if value is not None} == {
        name: value for name, value in fields(row, how, {}).items() if value is not None
    }
    assert found["time"] == "1970-01-01T00:00:00.000000001Z"
    assert (found["text"], found["list"], found["duration"]) == (None, ["a", "b"], 1.5)
    assert (found["integer"], found["boolean"]) == (0, False)


@given(ns=st.integers(0, 4_000_000_000_000_000_000))
def test_times_come_back(ns: int) -> None:
    how = readers([COLUMNS[list(Kind).index(Kind.TIME)]])
    (text,) = cells({Kind.TIME: ns}, how)
    assert internal(Kind.TIME, text) == ns


@given(ns=st.integers(0, 4_000_000_000_000_000))
def test_durations_come_back(ns: int) -> None:
    how = readers([COLUMNS[list(Kind).index(Kind.DURATION)]])
    (seconds,) = cells({Kind.DURATION: ns}, how)
    assert internal(Kind.DURATION, seconds) == ns


@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_is_nothing(kind: Kind) -> None:
    assert internal(kind, None) is None
    assert internal(Kind.TIME, "yesterday") is None
    assert internal(Kind.TIME, 5) is None
    assert internal(Kind.DURATION, "5") is None
    assert internal(Kind.LIST, ["a"]) == ("a",)


def test_half_characters_are_escaped_wherever_they_stand() -> None:
    assert mended({"a\udcff": ["\udc80", 1, ("x",)]}) == {"a\\xff": ["\\x80", 1, ["x"]]}
