"""Declared tables as SQL, and older files that follow."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest

from procwire.model.columns import Kind, Table
from procwire.model.tables import CORE, FLOWS
from procwire.store import schema
from tests.store.probe import KEYED, PROBE, column


def made(table: Table) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for statement in schema.create(table):
        connection.execute(statement)
    return connection


def there(connection: sqlite3.Connection, name: str) -> dict[str, str]:
    return dict(connection.execute("SELECT name, type FROM pragma_table_info(?)", (name,)).fetchall())


@pytest.mark.parametrize("table", CORE, ids=lambda table: table.name)
def test_every_declared_table_can_be_made(table: Table) -> None:
    assert there(made(table), table.name) == {
        column.name: schema.TYPES[column.kind] for column in schema.columns_of(table)
    }


def test_no_declared_column_has_the_name_of_a_kept_one() -> None:
    kept = {column.name for column in schema.KEPT}
    for table in CORE:
        if not table.name.startswith("store_"):
            assert not kept & {column.name for column in table}, table.name


def test_tables_are_strict() -> None:
    with pytest.raises(sqlite3.IntegrityError):
        made(PROBE).execute("INSERT INTO probe (count) VALUES ('many')")


def test_a_row_with_a_key_takes_the_place_of_its_namesake() -> None:
    connection = made(KEYED)
    for number in range(3):
        values = [1, 2, "a", number, *[None] * (len(KEYED.columns) - 2)]
        connection.execute(schema.insert(KEYED), values)
    assert connection.execute("SELECT name, count FROM keyed").fetchall() == [("a", 2)]


def test_a_new_column_is_added_and_what_was_stored_stays() -> None:
    older = msgspec.structs.replace(PROBE, columns=PROBE.columns[:3])
    connection = made(older)
    connection.execute("INSERT INTO probe (name, count) VALUES ('old', 1)")
    for statement in schema.follow(PROBE, there(connection, "probe")):
        connection.execute(statement)
    assert set(there(connection, "probe")) == {column.name for column in schema.columns_of(PROBE)}
    assert connection.execute("SELECT name, count, tags FROM probe").fetchall() == [("old", 1, None)]


def test_a_column_of_another_kind_makes_room() -> None:
    connection = made(PROBE)
    connection.execute("INSERT INTO probe (count) VALUES (7)")
    changed = msgspec.structs.replace(PROBE, columns=(column("count", Kind.TEXT), *PROBE.columns[2:]))
    for _ in range(2):
        for statement in schema.follow(changed, there(connection, "probe")):
            connection.execute(statement)
        found = there(connection, "probe")
        assert found["count"] == "TEXT"
        assert found["count_old1"] == "INTEGER"
        assert "count_old2" not in found
    assert connection.execute("SELECT count_old1, count FROM probe").fetchone() == (7, None)


def test_a_column_that_is_declared_no_more_stays() -> None:
    connection = made(PROBE)
    less = msgspec.structs.replace(PROBE, columns=PROBE.columns[1:])
    for statement in schema.follow(less, there(connection, "probe")):
        connection.execute(statement)
    assert "name" in there(connection, "probe")


def test_the_fingerprint_changes_with_what_the_file_follows_and_nothing_else() -> None:
    reworded = msgspec.structs.replace(PROBE, doc="Else.")
    assert schema.fingerprint(reworded) == schema.fingerprint(PROBE)
    for other in (
        msgspec.structs.replace(PROBE, columns=PROBE.columns[:-1]),
        msgspec.structs.replace(PROBE, key=("name",)),
        msgspec.structs.replace(PROBE, moment=""),
        msgspec.structs.replace(PROBE, columns=(column("name", Kind.NUMBER), *PROBE.columns[1:])),
    ):
        assert schema.fingerprint(other) != schema.fingerprint(PROBE)


def test_names_are_quoted() -> None:
    assert schema.quoted('a"b') == '"a""b"'
    assert schema.moment_of(FLOWS) == "last"
    assert schema.moment_of(msgspec.structs.replace(PROBE, moment="")) == "stored_at"
