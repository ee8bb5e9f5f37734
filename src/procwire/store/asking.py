"""A query over what was stored and what is now: both walls around SQLite, and tables brought on demand.

Three schemas: ``store`` is the file, ``live`` holds what is read at the moment of the question, the schema
without a name finds live tables first. A declared table of which nothing was stored is empty, not unknown.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec

from procwire.model.columns import Column, Kind, Table
from procwire.model.filter.fault import nearest
from procwire.store import cells, schema
from procwire.store.authority import Authority
from procwire.store.file import columns_there
from procwire.store.functions import register
from procwire.store.guard import Asked, GuardError, examine
from procwire.store.reader import connect
from procwire.store.reason import StoreError
from procwire.store.schema import moment_of, quoted
from procwire.store.views import VIEWS

Live = tuple[Table, Callable[[], Iterable[Any]]]  # a table, and how its rows are had now
Parameters = Mapping[str, str | int | float | None]
HEAP_BYTES = 512 << 20
SAMPLE = 500  # rows that decide what a column holds, where no declaration says it


class QueryError(StoreError):
    """No answer. ``usage``: it is the query's own fault; ``stopped``: a limit came before the first row."""

    def __init__(self, words: str, *, usage: bool = False, stopped: bool = False) -> None:
        super().__init__(words)
        self.usage = usage
        self.stopped = stopped


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer may take."""

    seconds: float = 30.0
    rows: int = 10_000
    heap_bytes: int = HEAP_BYTES


class Answer(msgspec.Struct, kw_only=True):
    """``rows`` is read once; ``cut`` says then why there are no more, where there might be."""

    rows: Iterator[Any]
    table: Table = Table(name="query", doc="The answer to a query.", columns=())
    stored: frozenset[str] = frozenset()  # tables of the store that were read
    cut: str = ""


class Questions:
    """Answers queries over ``tables``. ``store``: the file, or None; ``live``: what is read anew, by name.

    ``bounds``: of stored tables named alone only rows from after the first moment (ns) up to the second are
    seen, each table by what puts it in order of time. ``moving``: made on one thread, for the use of another.
    A context manager, for one thread. Raises StoreError.
    """

    def __init__(
        self,
        tables: Iterable[Table],
        *,
        store: Path | None,
        live: Mapping[str, Live],
        limits: Limits,
        moving: bool = False,
    ) -> None:
        self.tables = {table.name: table for table in tables}
        self._live = live
        self._limits = limits
        self.bounds: tuple[int, int] | None = None
        self._connection = sqlite3.connect(
            ":memory:", uri=True, isolation_level=None, check_same_thread=not moving
        )
        self._connection.execute("PRAGMA temp_store = MEMORY")
        self._connection.execute("ATTACH ':memory:' AS live")
        self._stored: dict[str, dict[str, str]] = {}
        self._has_store = store is not None
        self._authority = Authority(self._connection, self.tables)
        if store is not None:
            self._attach(store)
        register(self._connection)

    def __enter__(self) -> Questions:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, text: str, parameters: Parameters | None = None) -> Answer:
        """Raises QueryError. ``rows`` of the answer may raise it too."""
        asked = self._examined(text, parameters or {})
        cursor = self._run(text, asked, parameters or {})
        answer = Answer(rows=iter(()), stored=frozenset(self._of_the_store(asked)))
        rows = self._rows(cursor, answer)
        first = list(islice(rows, SAMPLE))
        answer.table = _result(cursor.description or (), asked, first)
        answer.rows = chain(first, rows)
        return answer

    def explain(self, text: str, parameters: Parameters | None = None) -> list[str]:
        """How SQLite would find the answer, a line a step."""
        asked = self._examined(text, parameters or {})
        cursor = self._run(f"EXPLAIN QUERY PLAN {text}", asked, parameters or {})
        depth: dict[int, int] = {0: -1}
        lines = []
        for step, parent, _, what in cursor:
            depth[step] = depth.get(parent, -1) + 1
            lines.append(f"{'  ' * depth[step]}{what}")
        return lines

    def fresh(self, name: str, beyond: int) -> tuple[int, int, int] | None:
        """Of rows of a stored table behind one (a rowid): first and last moment, and the last rowid."""
        of, moment = quoted(name), quoted(moment_of(self.tables[name]))
        asked = f"SELECT min({moment}), max({moment}), max(rowid) FROM store.{of} WHERE rowid > ?"  # noqa: S608
        found = self._own(name, asked, beyond)
        return None if found is None or found[0] is None else (found[0], found[1], found[2])

    def newest(self, name: str) -> tuple[int, int] | None:
        """The last moment and the last rowid of a stored table."""
        of, moment = quoted(name), quoted(moment_of(self.tables[name]))
        asked = (
            f"SELECT (SELECT max({moment}) FROM store.{of}), (SELECT max(rowid) FROM store.{of}) WHERE ? = 0"  # noqa: S608
        )
        found = self._own(name, asked, 0)
        return None if found is None or found[0] is None else (found[0], found[1])

    def before(self, name: str, moment: int) -> int:
        """The rowid in front of the first row of a stored table from a moment on."""
        of, column = quoted(name), quoted(moment_of(self.tables[name]))
        found = self._own(name, f"SELECT min(rowid) FROM store.{of} WHERE {column} >= ?", moment)  # noqa: S608
        if found is None or found[0] is None:
            newest = self.newest(name)
            return newest[1] if newest is not None else 0
        return int(found[0]) - 1

    def next_moment(self, name: str, after: int) -> int | None:
        """The first moment of a stored table's rows after one."""
        of, moment = quoted(name), quoted(moment_of(self.tables[name]))
        found = self._own(name, f"SELECT min({moment}) FROM store.{of} WHERE {moment} > ?", after)  # noqa: S608
        return found[0] if found else None

    def learn(self) -> None:
        """Notice the tables that were made since. Raises StoreError."""
        self._authority.let_go()
        try:
            told = self._connection.execute("SELECT name FROM store.store_table").fetchall()
            self._stored = {name: columns_there(self._connection, name, within="store") for (name,) in told}
        except sqlite3.Error as error:
            raise StoreError(f"store: {error}") from None

    # Inner steps.

    def _own(self, name: str, asked: str, value: int) -> Any:
        """One row of a question of ours about a stored table."""
        if name not in self._stored:
            return None
        self._authority.let_go()
        try:
            return self._connection.execute(asked, (value,)).fetchone()
        except sqlite3.Error as error:
            raise StoreError(f"store: {error}") from None

    def _attach(self, path: Path) -> None:
        connect(path).close()  # ours, and readable
        uri = f"{path.absolute().as_uri()}?mode=ro"
        try:
            self._connection.execute("ATTACH ? AS store", (uri,))
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from None
        self.learn()

    def _examined(self, text: str, parameters: Parameters) -> Asked:
        try:
            asked = examine(text, self.tables.values())
        except GuardError as error:
            raise QueryError(str(error), usage=True) from None
        if asked.parameters != set(parameters):
            unbound = ", ".join(f":{name}" for name in sorted(asked.parameters - set(parameters)))
            odd = ", ".join(sorted(set(parameters) - asked.parameters))
            words = f"no value for {unbound}: --param NAME=VALUE" if unbound else f"the query has no :{odd}"
            raise QueryError(words, usage=True)
        return asked

    def _run(self, text: str, asked: Asked, parameters: Parameters) -> sqlite3.Cursor:
        self._authority.let_go()
        for where, name in sorted(asked.tables):
            self._provide(where, name)
        self._authority.take_over(heap_bytes=self._limits.heap_bytes)
        self._authority.expect(asked.ctes, self._limits.seconds)
        try:
            return self._connection.execute(text, dict(parameters))
        except (sqlite3.Error, sqlite3.Warning, MemoryError) as error:
            raise self._explained(error) from None

    def _provide(self, where: str, name: str) -> None:
        """Bring a table that is read."""
        table = self.tables[name]
        if name in VIEWS and where == "":
            for source in VIEWS[name].sources:
                self._provide("", source)
            self._connection.execute(f"CREATE TEMP VIEW IF NOT EXISTS {quoted(name)} AS {VIEWS[name].made}")
        elif where != "store" and name in self._live:
            self._fill(*self._live[name])
        elif where == "live":
            live = ", ".join(sorted(self._live))
            raise QueryError(f"live.{name}: there is no such table; live are {live}", usage=True)
        elif name not in self._stored:
            if where == "store":
                raise QueryError(f"store.{name}: nothing of it is stored", usage=True)
            self._empty(table)
        elif where == "" and self.bounds is not None:
            self._completed(table, self.bounds)
        elif where == "" and not {column.name for column in table} <= set(self._stored[name]):
            self._completed(table)

    def _fill(self, table: Table, take: Callable[[], Iterable[Any]]) -> None:
        """A live table, anew."""
        name = f"live.{quoted(table.name)}"
        names = ", ".join(f"{quoted(column.name)} {schema.TYPES[column.kind]}" for column in table)
        self._connection.execute(f"DROP TABLE IF EXISTS {name}")
        self._connection.execute(f"CREATE TABLE {name} ({names}) STRICT")
        rows = (cells.fitted(row, table, ())[0] for row in take())
        marks = ", ".join("?" * len(table.columns))
        self._connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608

    def _empty(self, table: Table) -> None:
        names = ", ".join(f"{quoted(c.name)} {schema.TYPES[c.kind]}" for c in schema.columns_of(table))
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS live.{quoted(table.name)} ({names}) STRICT")

    def _completed(self, table: Table, bounds: tuple[int, int] | None = None) -> None:
        """A stored table of an older file, with the columns that were declared since; within bounds."""
        there = self._stored[table.name]
        names = ", ".join(
            quoted(column.name) if column.name in there else f"NULL AS {quoted(column.name)}"
            for column in schema.columns_of(table)
        )
        name = quoted(table.name)
        made = f"SELECT {names} FROM store.{name}"  # noqa: S608
        if bounds is not None:
            moment = quoted(moment_of(table))
            made += f" WHERE {moment} > {bounds[0]:d} AND {moment} <= {bounds[1]:d}"
            self._connection.execute(f"DROP VIEW IF EXISTS temp.{name}")
        self._connection.execute(f"CREATE TEMP VIEW IF NOT EXISTS {name} AS {made}")

    def _of_the_store(self, asked: Asked) -> Iterator[str]:
        behind = {(where, source) for where, name in asked.tables for source in _sources(name)}
        for where, name in behind:
            if where == "store" or (where == "" and name not in self._live and self._has_store):
                yield name

    def _rows(self, cursor: sqlite3.Cursor, answer: Answer) -> Iterator[Any]:
        try:
            for number, row in enumerate(cursor):
                if number >= self._limits.rows:
                    answer.cut = f"more than {self._limits.rows} rows (--rows)"
                    return
                yield row
        except (sqlite3.Error, MemoryError) as error:
            if self._authority.late:
                answer.cut = f"stopped after {self._limits.seconds:g} seconds (--deadline)"
            elif isinstance(error, MemoryError):
                answer.cut = f"it needs more memory than {self._limits.heap_bytes:,} bytes (--memory)"
            else:
                raise self._explained(error) from None

    def _explained(self, error: Exception) -> QueryError:
        words = " ".join(str(error).split())
        if isinstance(error, MemoryError):
            words = f"it needs more memory than {self._limits.heap_bytes:,} bytes (--memory)"
            return QueryError(words, stopped=True)
        if self._authority.late:
            words = f"stopped after {self._limits.seconds:g} seconds (--deadline), before the first row"
            return QueryError(words, stopped=True)
        if "no such column" in words:
            name = words.rpartition(" ")[2].rpartition(".")[2]
            known = {column.name for table in self.tables.values() for column in schema.columns_of(table)}
            words += f": {nearest(name, known) or 'procwire columns lists them'}"
        return QueryError(words, usage=True)


def _sources(name: str) -> tuple[str, ...]:
    """The stored tables behind a name."""
    return VIEWS[name].sources if name in VIEWS else (name,)


def _result(description: Sequence[Any], asked: Asked, sample: Sequence[Any]) -> Table:
    """The result as a table: kinds where they are known, else by what comes."""
    columns: list[Column] = []
    for place, (name, *_) in enumerate(description):
        kind = asked.kinds.get(name.lower()) or _seen({type(row[place]) for row in sample})
        taken = any(column.name == name for column in columns)
        columns.append(
            Column(
                name=f"{name}_{place + 1}" if taken else name, kind=kind, doc="A column of a query.",
                get=cells.reader(kind, place), shown=True,
            )
        )  # fmt: skip
    return Table(name="query", doc="The answer to a query.", columns=tuple(columns))


def _seen(types: set[type]) -> Kind:
    types = types - {type(None)}
    if types == {int}:
        return Kind.INTEGER
    return Kind.NUMBER if types and types <= {int, float} else Kind.TEXT
