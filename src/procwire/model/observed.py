"""Observations as rows: each with the flow it was made in, so that one line says who, to whom and what.

A row has the columns of its own table and some of its flow's; a name that both have is the table's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from procwire.model.columns import Column, Free, Kind, Table
from procwire.model.flow import Flow
from procwire.model.observation import Observation
from procwire.model.rows import NO_CONTEXT, FlowRow, RowContext
from procwire.model.tables import FLOWS
from procwire.model.values import as_text, human

BESIDE = (
    "flow_id", "proto", "src", "src_port", "dst", "dst_port", "app", "pid", "process", "exe", "user",
    "container",
)  # fmt: skip
_FIRST = ("time", "side")
_TOLD = frozenset({"time", "side"})  # have columns of their own beside ``said``


class ObservationRow(FlowRow):
    """One observation and the flow that it was made in, which for what is not IP is only a stand-in."""

    __slots__ = ("seen",)

    def __init__(self, flow: Flow, seen: Observation, context: RowContext = NO_CONTEXT) -> None:
        super().__init__(flow, context)
        self.seen = seen


def _seen(column: Column) -> Column:
    """A column of the only table whose observations are read."""
    get = column.get
    return msgspec.structs.replace(column, get=lambda row: get(row.seen))


def _own(column: Column, other: Column | None = None) -> Column:
    """A column of an observation, read from a row; ``other``: the flow's column of that name, behind it."""
    name, get = column.name, column.get

    def read(row: ObservationRow) -> Any:
        if hasattr(row.seen, name):
            return get(row.seen)
        return other.get(row) if other is not None else None

    return msgspec.structs.replace(column, get=read)


def _flow_column(name: str) -> Column:
    column = FLOWS.column(name)
    get = column.get
    return msgspec.structs.replace(
        column, get=lambda row: get(row) if row.flow.number else None, shown=False, rank=0
    )


def observed(table: Table) -> Table:
    """The table of one kind of observation with the columns of its flow, for a line each."""
    names = {column.name for column in table}
    first = [_seen(table.column(name)) for name in _FIRST]
    beside = [_flow_column(name) for name in BESIDE if name not in names]
    rest = [_seen(column) for column in table if column.name not in _FIRST]
    return msgspec.structs.replace(table, columns=(*first, *beside, *rest))


def anything(tables: Iterable[Table]) -> Table:
    """What a filter over observations may name: columns of the tables, then of flows.

    A column that two tables declare with different kinds is compared as text.
    """
    found: dict[str, Column] = {}
    for table in tables:
        for column in table:
            known = found.get(column.name)
            if known is None:
                behind = next((one for one in FLOWS if one.name == column.name), None)
                found[column.name] = _own(column, behind if behind and behind.kind is column.kind else None)
            elif known.kind is not column.kind:
                found[column.name] = _texted(known)
    flows = [column for column in FLOWS if column.name not in found]
    also = {name: to for name, to in FLOWS.also.items() if name not in found}
    return Table(name="observation", doc=OBSERVED.doc, columns=(*found.values(), *flows), also=also)


def _texted(column: Column) -> Column:
    get = column.get

    def read(row: Any) -> Any:
        value = get(row)
        return None if value is None else as_text(value)

    return msgspec.structs.replace(column, kind=Kind.TEXT, free=Free.NEVER, get=read)


def _said(columns_of: Callable[[Any], Iterable[Column]]) -> Callable[[Any], str]:
    def read(row: ObservationRow) -> str:
        words = []
        for column in columns_of(row):
            value = None if column.name in _TOLD else column.get(row.seen)
            if value is not None and value is not False and value not in ("", ()):
                words.append(f"{column.name}={human(column.kind, value)}")
        return " ".join(words)

    return read


def mixed(tables: Iterable[Table]) -> Table:
    """One table for observations of several kinds: what each says is in one column."""
    known = {table.name: table for table in tables}
    said = _said(lambda row: known[row.seen.TABLE])
    return msgspec.structs.replace(
        OBSERVED,
        columns=tuple(
            msgspec.structs.replace(column, get=said) if column.name == "said" else column
            for column in OBSERVED
        ),
    )


def _short(name: str, **more: Any) -> Column:
    return msgspec.structs.replace(_flow_column(name), shown=True, **more)


OBSERVED = Table(
    name="observation",
    doc="One thing that a protocol's parser saw, of any kind.",
    columns=(
        Column(name="time", kind=Kind.TIME, doc="When its last byte was seen.",
               get=lambda row: row.seen.time, shown=True, rank=4),
        Column(name="table", kind=Kind.TEXT, doc="The table that it belongs to.",
               get=lambda row: row.seen.TABLE, shown=True),
        _flow_column("flow_id"),
        _short("process", rank=2),
        _flow_column("pid"),
        _short("src", rank=3),
        _flow_column("src_port"),
        _short("dst", rank=1),
        _short("dst_port", rank=1),
        _flow_column("app"),
        Column(name="side", kind=Kind.TEXT, doc="Which side sent it: out is from src.",
               get=lambda row: "in" if row.seen.side else "out", shown=True, rank=2),
        Column(name="said", kind=Kind.TEXT, doc="What it says: column=value for all that is known.",
               get=lambda _: "", shown=True),
    ),
)  # fmt: skip
