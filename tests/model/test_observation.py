"""Observation classes declare tables by their own fields."""

from __future__ import annotations

from typing import Annotated

import pytest

from procwire.model.columns import Kind
from procwire.model.observation import Observation, Upgraded, columns_of, says, table_of
from procwire.model.streams import Direction


class Seen(Observation, kw_only=True):
    """Something was seen.

    More of it.
    """

    TABLE = "seen"
    name: Annotated[str, says("Its name.")]
    took: Annotated[int | None, says("How long.", kind=Kind.DURATION, unit="seconds")] = None
    many: Annotated[tuple[str, ...], says("Several.")] = ()
    sure: Annotated[bool, says("Whether.")] = False


class Bare(Observation, kw_only=True):
    """A field without words."""

    name: str


def test_fields_become_columns() -> None:
    table = table_of(Seen)
    assert table.schema == "procwire.seen/1"
    assert table.doc == "Something was seen."
    kinds = {column.name: column.kind for column in table}
    assert kinds == {
        "time": Kind.TIME,
        "side": Kind.TEXT,
        "name": Kind.TEXT,
        "took": Kind.DURATION,
        "many": Kind.LIST,
        "sure": Kind.BOOLEAN,
    }
    assert table.column("took").unit == "seconds"


def test_getters_read_a_record_and_sides_are_words() -> None:
    row = Seen(time=5, side=Direction.IN, name="x", many=("a",))
    values = {column.name: column.get(row) for column in columns_of(Seen)}
    assert values == {"time": 5, "side": "in", "name": "x", "took": None, "many": ("a",), "sure": False}
    other = Upgraded(time=5, side=Direction.OUT, hint="tls")
    assert table_of(Upgraded).column("side").get(other) == "out"


def test_a_field_without_words_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Bare\.name"):
        columns_of(Bare)
