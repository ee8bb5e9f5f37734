"""Declarations: headings, schemas, and how bare words look at a column."""

from __future__ import annotations

import pytest

from procwire.model.columns import Column, Free, Kind, Table


def a_column(kind: Kind, free: Free | None = None, title: str = "") -> Column:
    return Column(name="a", kind=kind, doc="A.", get=lambda row: row, free=free, title=title)


def test_a_heading_is_the_title_or_the_name() -> None:
    assert a_column(Kind.TEXT).heading == "a"
    assert a_column(Kind.TEXT, title="Alpha").heading == "Alpha"


def test_free_search_follows_the_kind_unless_declared() -> None:
    assert a_column(Kind.TEXT).search is Free.CONTAINS
    assert a_column(Kind.ADDRESS).search is Free.PREFIX
    assert a_column(Kind.SIZE).search is Free.NEVER
    assert a_column(Kind.INTEGER, Free.EQUALS).search is Free.EQUALS


def test_a_table_knows_its_schema_and_columns() -> None:
    table = Table(name="thing", doc="A thing.", columns=(a_column(Kind.TEXT),), version=3)
    assert table.schema == "procwire.thing/3"
    assert table.column("a") is table.columns[0]
    assert list(table) == list(table.columns)
    with pytest.raises(KeyError):
        table.column("b")
