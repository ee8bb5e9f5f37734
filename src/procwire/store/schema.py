"""Declared tables as SQL: what is created, and what an older file lacks. Pure: knows no file.

A table is made when its first row comes. Its columns are the declared ones and the two of ``KEPT``; a column
that was declared since is added, one whose kind has changed gets a new name and leaves its own free, one that
is declared no more stays with what it holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from procwire.model.columns import Column, Kind, Table

TYPES: Mapping[Kind, str] = {
    Kind.TEXT: "TEXT",
    Kind.INTEGER: "INTEGER",
    Kind.NUMBER: "REAL",
    Kind.BOOLEAN: "INTEGER",
    Kind.TIME: "INTEGER",
    Kind.DURATION: "INTEGER",
    Kind.SIZE: "INTEGER",
    Kind.ADDRESS: "TEXT",
    Kind.LIST: "TEXT",  # a JSON array, as json_each takes it
}

KEPT = (
    Column(name="run", kind=Kind.INTEGER, doc="Run that stored the row.", get=attrgetter("run")),
    Column(name="stored_at", kind=Kind.TIME, doc="When it was stored.", get=attrgetter("stored_at")),
)


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def columns_of(table: Table) -> tuple[Column, ...]:
    """All columns that the stored table has, in order: first the store's own, but for its bookkeeping."""
    if any(column.name == KEPT[0].name for column in table):
        return table.columns
    return (*KEPT, *table.columns)


def moment_of(table: Table) -> str:
    """The column by which a stored table is put in order of time."""
    return table.moment or "stored_at"


def fingerprint(table: Table) -> str:
    """Changes with every change of the declaration that the file has to follow."""
    from hashlib import sha256

    parts = [f"{column.name} {TYPES[column.kind]}" for column in columns_of(table)]
    return sha256("\n".join((*parts, *table.key, moment_of(table))).encode()).hexdigest()[:16]


def create(table: Table) -> list[str]:
    """The statements that make the table and its indices."""
    columns = ", ".join(_column(column) for column in columns_of(table))
    return [f"CREATE TABLE {quoted(table.name)} ({columns}) STRICT", *_indices(table)]


def follow(table: Table, there: Mapping[str, str]) -> list[str]:
    """The statements that make a table with the columns ``there`` (name to SQL type) the declared one."""
    name, statements, taken = quoted(table.name), [], set(there)
    for column in columns_of(table):
        if there.get(column.name) == TYPES[column.kind]:
            continue
        if column.name in there:
            aside = _free_name(column.name, taken)
            taken.add(aside)
            statements.append(f"ALTER TABLE {name} RENAME COLUMN {quoted(column.name)} TO {quoted(aside)}")
        statements.append(f"ALTER TABLE {name} ADD COLUMN {_column(column)}")
    return [*statements, *_drop(table), *_indices(table)]


def insert(table: Table, places: Sequence[int] | None = None) -> str:
    """The statement that stores one row; parameters in the order of ``columns_of``, or of places in it."""
    columns: Sequence[Column] = columns_of(table)
    if places is not None:
        columns = [columns[place] for place in places]
    names = ", ".join(quoted(column.name) for column in columns)
    how = "INSERT OR REPLACE" if table.key else "INSERT"
    return f"{how} INTO {quoted(table.name)} ({names}) VALUES ({', '.join('?' * len(columns))})"


def _column(column: Column) -> str:
    return f"{quoted(column.name)} {TYPES[column.kind]}"


def _names(table: Table) -> tuple[str, str]:
    return quoted(f"{table.name}.moment"), quoted(f"{table.name}.key")


def _drop(table: Table) -> list[str]:
    return [f"DROP INDEX IF EXISTS {name}" for name in _names(table)]


def _indices(table: Table) -> list[str]:
    name, (moment, key) = quoted(table.name), _names(table)
    made = [f"CREATE INDEX {moment} ON {name} ({quoted(moment_of(table))})"]
    if table.key:
        made.append(f"CREATE UNIQUE INDEX {key} ON {name} ({_list(table.key)})")
    return made


def _list(names: Iterable[str]) -> str:
    return ", ".join(map(quoted, names))


def _free_name(name: str, taken: Sequence[str] | set[str]) -> str:
    number = 1
    while f"{name}_old{number}" in taken:
        number += 1
    return f"{name}_old{number}"
