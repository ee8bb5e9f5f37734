"""The store as it is read: rows of a declared table that match a filter, in order of time.

Opened for reading alone. What an older file lacks (a table, a column) is not known, and no error. Also says
what is missing from a window of time, so that "nothing was found" is never taken for "nothing was there".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from procwire.model.columns import Table
from procwire.model.filter import Filter
from procwire.model.store_tables import LOSSES, RUNS
from procwire.model.values import time_text
from procwire.store import cells, identity
from procwire.store.conditions import Parameter, condition
from procwire.store.file import APPLICATION, columns_there
from procwire.store.functions import register
from procwire.store.reason import StoreError
from procwire.store.schema import KEPT, moment_of, quoted

CUT_NS = 5_000_000_000  # a run that was cut off had stored what was older than this


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """From ``since`` to ``until``, ns since 1970, both included; None: without an end."""

    since: int | None = None
    until: int | None = None

    def touches(self, first: int, last: int) -> bool:
        """Whether some of it lies between the two."""
        return (self.since is None or self.since <= last) and (self.until is None or first <= self.until)


def connect(path: Path) -> sqlite3.Connection:
    """The store for reading. Raises StoreError."""
    if not path.exists():
        raise StoreError(f"{path}: no store here yet: see procwire watch --store")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA query_only = ON")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path}: {error}") from None
    if application != APPLICATION:
        connection.close()
        raise StoreError(f"{path}: not a store of procwire's")
    return connection


def stored(table: Table) -> Table:
    """The table with getters for the rows that a Reader gives."""
    columns = [
        msgspec.structs.replace(column, get=cells.reader(column.kind, place))
        for place, column in enumerate(table)
    ]
    return msgspec.structs.replace(table, columns=tuple(columns))


class Reader:
    """A context manager. Raises StoreError for what cannot be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = connect(path)
        register(self._connection)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def rows(
        self,
        table: Table,
        *,
        window: Window = Window(),  # noqa: B008
        keep: Filter | None = None,
        where: Sequence[tuple[str, Parameter]] = (),
        limit: int | None = None,
    ) -> Iterator[Any]:
        """Rows as ``stored(table)`` reads them, oldest first; ``where``: columns and the values they have."""
        there = columns_there(self._connection, table.name)
        if not there:
            return
        wanted = ", ".join(
            quoted(column.name) if column.name in there else f"NULL AS {quoted(column.name)}"
            for column in table
        )
        conditions, parameters = self._conditions(table, window, where)
        if keep is not None:
            told, more = condition(keep, table)
            conditions.append(told)
            parameters += more
        inside = f"SELECT {wanted} FROM {quoted(table.name)}"  # noqa: S608
        if KEPT[1].name in there:
            inside = f"SELECT {wanted}, stored_at FROM {quoted(table.name)}"  # noqa: S608
        asked = f"SELECT * FROM ({inside}) WHERE {' AND '.join(conditions) or '1'}"  # noqa: S608
        asked += f" ORDER BY {quoted(moment_of(table))}"
        if limit is not None:
            asked += f" LIMIT {limit:d}"
        yield from self._ask(asked, parameters)

    def names(self) -> list[str]:
        """The tables that have something stored."""
        told = self._ask(
            "SELECT name FROM store_table WHERE name NOT LIKE 'store^_%' ESCAPE '^' ORDER BY 1", ()
        )
        return [name for (name,) in told]

    def missing(self, window: Window, tables: Sequence[str]) -> list[str]:
        """What is not there although it was seen, a line each: rows lost, runs cut off."""
        reasons = []
        at = {column.name: place for place, column in enumerate(LOSSES)}
        for row in self.rows(LOSSES):
            run, kept_in, first, last = (row[at[name]] for name in ("run", "kept_in", "first", "last"))
            if kept_in in tables and window.touches(first, last):
                reasons.append(
                    f"{row[at['rows']]} rows of {kept_in} were lost by run {run}: {row[at['reason']]}"
                )
        at = {column.name: place for place, column in enumerate(RUNS)}
        for row in self.rows(RUNS):
            run, written = row[at["run"]], row[at["written"]] or row[at["started"]]
            if row[at["ended"]] is None and not identity.alive(row[at["process"]] or ""):
                if window.touches(written, written + CUT_NS):
                    when = time_text(written)
                    who = f"run {run} ({row[at['command']]})"
                    reasons.append(f"{who} was cut off after {when}: its last rows may be missing")
            elif row[at["problem"]] and window.touches(written, written):
                reasons.append(f"run {run} could not store: {row[at['problem']]}")
        return reasons

    # Inner steps.

    def _conditions(
        self, table: Table, window: Window, where: Sequence[tuple[str, Parameter]]
    ) -> tuple[list[str], list[Parameter]]:
        conditions = [f"{quoted(name)} = ?" for name, _ in where]
        parameters: list[Parameter] = [value for _, value in where]
        ends = [(window.since, ">=", moment_of(table)), (window.until, "<=", _began(table))]
        for value, sign, name in ends:
            if value is not None:
                conditions.append(f"{quoted(name)} {sign} ?")
                parameters.append(value)
        return conditions, parameters

    def _ask(self, question: str, parameters: Sequence[Parameter]) -> Iterator[Any]:
        try:
            # Not "yield from": given up early, it would close the cursor of a connection that is closed.
            for row in self._connection.execute(question, parameters):  # noqa: UP028
                yield row
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from None


def _began(table: Table) -> str:
    """A flow is in a window that it began before and ended after."""
    known = {column.name for column in table}
    return "start" if {"start", "last"} <= known else moment_of(table)
