"""Values to SQLite and back."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from procwire.model.columns import Kind, Table
from procwire.store import cells, schema
from tests.store.probe import KINDS, PROBE, column, row

FULL = row(
    name="Exämple\x00end", count=-7, ratio=0.5, sure=True, when=10**18, took=80, size=1 << 62,
    here="10.1.2.3", there="2001:db8::1", tags=("syn", 'a"b', "ä"), port_a=0, port_b=65535,
)  # fmt: skip


def through_sqlite(values: list[Any], table: Table = PROBE) -> Any:
    connection = sqlite3.connect(":memory:")
    for statement in schema.create(table):
        connection.execute(statement)
    connection.execute(schema.insert(table), values)
    names = ", ".join(schema.quoted(one.name) for one in table)
    return connection.execute(f"SELECT {names} FROM {table.name}").fetchone()


def test_every_kind_comes_back_as_it_was() -> None:
    stored = through_sqlite(cells.cells(FULL, cells.encoders(PROBE), (1, 2)))
    found = {name: cells.reader(kind, place)(stored) for place, (name, kind) in enumerate(KINDS.items())}
    assert found == FULL


def test_what_is_not_known_and_empty_text_are_null() -> None:
    empty = row(name="", here="", tags=())
    stored = through_sqlite(cells.cells(empty, cells.encoders(PROBE), (1, 2)))
    assert stored == (None,) * len(KINDS)
    assert cells.reader(Kind.LIST, 0)(stored) is None


def test_bytes_are_text_with_escapes() -> None:
    stored = through_sqlite(cells.cells(row(name=b"a\xffb", tags=[b"\xfe"]), cells.encoders(PROBE), (1, 2)))
    assert stored[0] == "a\\xffb"
    assert stored[list(KINDS).index("tags")] == '["\\\\xfe"]'


def test_what_no_row_has_is_left_out() -> None:
    rows: list[list[Any]] = [[1, None, "a", None], [1, None, None, 0]]
    assert cells.thinned(rows) == ((0, 2, 3), [(1, "a", None), (1, None, 0)])
    places, (filled,) = cells.thinned([cells.cells(row(count=7, tags=("x",)), cells.encoders(PROBE), (1, 2))])
    connection = sqlite3.connect(":memory:")
    for statement in schema.create(PROBE):
        connection.execute(statement)
    connection.execute(schema.insert(PROBE, places), filled)
    assert connection.execute("SELECT run, stored_at, name, count, tags FROM probe").fetchone() == (
        1, 2, None, 7, '["x"]',
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value"),
    [("count", 1 << 63), ("count", -(1 << 63) - 1), ("count", "many"), ("count", 1.5), ("ratio", "half"),
     ("size", object()), ("tags", 7)],
)  # fmt: skip
def test_what_does_not_fit_is_not_known_and_counted(name: str, value: Any) -> None:
    found, unfit = cells.fitted(row(name="kept") | {name: value}, PROBE, (1, 2))
    assert unfit == 1
    stored = through_sqlite(found)
    assert stored[0] == "kept"
    assert stored[list(KINDS).index(name)] is None


def test_half_characters_are_stored_with_escapes() -> None:
    found, unfit = cells.fitted(row(name="a\udcffb", count=3, tags=["\udcfe"]), PROBE, (1, 2))
    assert unfit <= 1  # a list with one in it is given up
    assert through_sqlite(found)[:2] == ("a\\udcffb", 3)


def test_a_column_whose_getter_fails_is_not_known() -> None:
    table = Table(name="bad", doc="A.", columns=(column("name", Kind.TEXT), column("missing", Kind.TEXT)))
    found, unfit = cells.fitted({"name": "a"}, table, (1, 2))
    assert (found, unfit) == ([1, 2, "a", None], 1)


def test_a_list_that_was_declared_as_text_before_has_one_member() -> None:
    assert cells.reader(Kind.LIST, 0)(("plain",)) == ("plain",)
