"""Rows as Python objects: an attribute for each declared column, None where it is not known.

Values are those of the declarations: times and durations are integers of nanoseconds, sizes of bytes, lists
are tuples of text. Refuses to hold traffic: a row of a recording reads its flow, which is final.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from procwire.library.reason import LibraryError
from procwire.model.columns import Column, Kind, Table
from procwire.model.process import Executable, ProcessRef
from procwire.model.tables import FLOWS


class Shape:
    """A table and its columns by name, made once for all rows of a pass."""

    __slots__ = ("columns", "table")

    def __init__(self, table: Table) -> None:
        self.table = table
        self.columns = {column.name: column for column in table}


FLOW = Shape(FLOWS)


def plain(column: Column, value: Any) -> Any:
    """A column's value as Python has it; None where it is not known or there is none."""
    if value is None or value == "":
        return None
    if column.kind is Kind.LIST:
        return tuple(str(each) for each in value)
    if column.kind is Kind.TEXT or column.kind is Kind.ADDRESS:
        return str(value)
    return value


class Row:
    """One row of a declared table: ``row.name`` or ``row["name"]`` is a column, ``as_dict()`` all."""

    __slots__ = ("_shape", "_source")

    def __init__(self, shape: Shape, source: Any) -> None:
        self._shape = shape
        self._source = source

    @property
    def table(self) -> Table:
        """Its declaration."""
        return self._shape.table

    def __getitem__(self, name: str) -> Any:
        column = self._shape.columns.get(name)
        if column is None:
            raise KeyError(f"{name!r} is not a column of {self.table.name}")
        return plain(column, column.get(self._source))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(str(error.args[0])) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._shape.columns]

    def as_dict(self) -> dict[str, Any]:
        """Every column whose value is known, by name, in order of declaration."""
        pairs = ((name, self[name]) for name in self._shape.columns)
        return {name: value for name, value in pairs if value is not None}

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(self.as_dict().items())

    def __repr__(self) -> str:
        shown = {column.name for column in self.table if column.shown} or set(self._shape.columns)
        said = (f"{name}={value!r}" for name, value in self.as_dict().items() if name in shown)
        return f"<{self.table.name} {' '.join(said)}>"


class Process:
    """The process behind a flow, as far as it is known. ``str()`` is its name."""

    __slots__ = ("_told",)

    def __init__(self, told: ProcessRef) -> None:
        self._told = told

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = getattr(self._told, name)
        return None if value == "" else value

    @property
    def executable(self) -> str | None:
        """Path of its program."""
        return self._told.exe or None

    @property
    def file(self) -> Executable | None:
        """What is known of the program's file: deleted, replaced, its hashes."""
        return self._told.executable

    def __str__(self) -> str:
        return self._told.name

    def __repr__(self) -> str:
        return f"<process {self._told.name} pid={self._told.pid} executable={self._told.exe!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Process) and (other.pid, other.start) == (self._told.pid, self._told.start)

    def __hash__(self) -> int:
        return hash((self._told.pid, self._told.start))


class Flow(Row):
    """One flow. ``process`` is its owner, or None; ``flow["process"]`` that one's name, as in every table."""

    __slots__ = ()

    @property
    def process(self) -> Process | None:
        """Who it belongs to; None with ``owner_reason`` saying why it is not known."""
        told = self._source.process
        return None if told is None else Process(told)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What protocols said of it, by column."""
        return dict(self._source.facts)


class Told(Row):
    """A row whose values were taken at one moment, for flows that go on changing."""

    __slots__ = ()

    def __getitem__(self, name: str) -> Any:
        if name not in self._shape.columns:
            raise KeyError(f"{name!r} is not a column of {self.table.name}")
        return self._source.values.get(name)


class ToldFlow(Told):
    """A live flow as it was when it was told of; see Flow."""

    __slots__ = ()

    @property
    def process(self) -> Process | None:
        """See Flow."""
        told = self._source.process
        return None if told is None else Process(told)


class Moment:
    """What a row was at one moment."""

    __slots__ = ("process", "values")

    def __init__(self, row: Row) -> None:
        self.values = row.as_dict()
        self.process: ProcessRef | None = getattr(row._source, "process", None)


def named(tables: Mapping[str, Table], name: str, kind: str) -> Table:
    """A table by its name. Raises LibraryError with the names there are."""
    if name not in tables:
        raise LibraryError(f"no {kind} is called {name!r}; there are {', '.join(sorted(tables))}")
    return tables[name]
