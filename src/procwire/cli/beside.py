"""A process beside the terminal that answers its calls: a loop over one socket, and rows of offered tables.

``Answering`` knows tables and how their rows are had; who derives from it adds what else can be asked.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from procwire.api.messages import ColumnTold, TableTold
from procwire.cli.output.groups import Groups
from procwire.model.columns import Column, Table
from procwire.model.filter import FilterError, compile_filter
from procwire.model.tables import FLOWS, GROUPS
from procwire.model.values import as_text
from procwire.recorder.picking import Picked
from procwire.tui.aside import Asked, Greeting, Query, Refused, Told, receive, send
from procwire.tui.host import GROUP, Frame, Health, HostError, Rows, Said, Sheet, Want

Take = Callable[[], Iterable[Any]]


class Answering:
    """``offers``: each table with how its rows are had. ``clock``: from which relative times count, ns."""

    title = ""
    live = True
    span: tuple[int, int] | None = None

    def __init__(self, clock: Callable[[], int]) -> None:
        self.offers: dict[str, tuple[Table, Take]] = {}
        self.clock = clock

    def notes(self, table: str) -> tuple[str, ...]:  # noqa: ARG002
        """Why the rows of a table may not be all there is."""
        return ()

    def greet(self) -> Greeting:
        """The first answer."""
        told = [told_of(table) for table, _ in self.offers.values()]
        if FLOWS.name in self.offers:
            told.append(told_of(GROUPS))
        return Greeting(title=self.title, live=self.live, span=self.span, tables=tuple(told))

    def rows(self, want: Want) -> Rows:
        """See tui.host.Host."""
        table, found = self._matching(FLOWS.name if want.table == GROUP else want.table, want)
        if want.table == GROUP:
            groups = Groups(want.by)
            for row in found:
                groups.add(row)
            table, found = GROUPS, list(groups.rows())
        if want.order:
            found = _ordered(found, table.column(want.order), descending=want.descending)
        columns = [table.column(name) for name in want.columns]
        page = found[want.first : want.first + want.limit]
        return Rows(
            rows=tuple(tuple(plain(column.get(row)) for column in columns) for row in page),
            first=want.first, total=len(found), notes=self.notes(want.table),
        )  # fmt: skip

    def _matching(self, name: str, want: Want) -> tuple[Table, list[Any]]:
        if name not in self.offers:
            raise HostError(f"there is no table {name!r} here")
        table, take = self.offers[name]
        rows: Iterable[Any] = take()
        if want.at is not None and not self.live:
            when = _moment(table)
            if when is not None:
                get, at = when.get, want.at
                rows = (row for row in rows if (get(row) or 0) <= at)
        if want.filter:
            rows = filter(compile_filter(want.filter, table, now=self.clock()).matches, rows)
        return table, list(rows)

    def health(self, at: int | None) -> Health:
        """See tui.host.Host."""
        raise NotImplementedError

    def flow(self, flow_id: str) -> Sheet:
        """See tui.host.Host."""
        raise HostError(f"flow {flow_id} is not known here")

    def conversation(self, flow_id: str) -> tuple[Said, ...]:
        """See tui.host.Host."""
        raise HostError(f"what flow {flow_id} said is not kept here")

    def packet(self, number: int) -> Frame:
        """See tui.host.Host."""
        raise HostError(f"packet {number} is not kept here")

    def picked(self, numbers: tuple[int, ...]) -> tuple[Picked, ...]:
        """Packets that are to be written."""
        raise HostError(f"none of {len(numbers)} packets is kept here")

    def query(self, sql: str) -> Query:
        """See tui.host.Host."""
        raise HostError(f"nothing here answers {sql[:20]!r}")

    def act(self, order: str, subject: Mapping[str, Any]) -> str:  # noqa: ARG002
        """See tui.host.Host."""
        raise HostError(
            f"findings cannot be {order}d here yet", "a rule or a threshold: procwire rules --help"
        )


def plain(value: Any) -> Any:
    """A value as MessagePack carries it."""
    if isinstance(value, bytes | bytearray | memoryview):
        return as_text(value)
    if isinstance(value, list | tuple):
        return tuple(as_text(each) for each in value)
    return value


def told_of(table: Table) -> TableTold:
    """A table as it is told."""
    columns = tuple(
        ColumnTold(name=each.name, kind=each.kind.value, doc=each.doc, unit=each.unit, title=each.title,
                   width=each.width, shown=each.shown, rank=each.rank)
        for each in table
    )  # fmt: skip
    return TableTold(name=table.name, doc=table.doc, version=table.version, columns=columns)


def _moment(table: Table) -> Column | None:
    """The column that says when a row began to be."""
    names = {column.name: column for column in table}
    return names.get("start") or names.get("time")


def _ordered(rows: list[Any], column: Column, *, descending: bool) -> list[Any]:
    known, unknown = [], []
    for row in rows:
        value = column.get(row)
        if value is None:
            unknown.append(row)
        else:
            known.append((value, row))
    known.sort(key=lambda pair: pair[0], reverse=descending)
    return [row for _, row in known] + unknown


_KINDS: Mapping[str, Any] = {
    "rows": Want, "health": int | None, "flow": str, "conversation": str, "packet": int, "query": str,
    "act": tuple[str, dict[str, Any]], "picked": tuple[int, ...],
}  # fmt: skip


def serve(made: socket.socket, answering: Answering) -> None:
    """Answer until the terminal is gone."""
    while answer(made, answering):
        pass


def answer(made: socket.socket, answering: Answering) -> bool:
    """Answer one call; False where the terminal is gone."""
    body = receive(made)
    if body:
        send(made, _answer(answering, msgspec.msgpack.decode(body, type=Asked)))
    return bool(body)


def _answer(answering: Answering, asked: Asked) -> Told:
    try:
        if asked.call == "greet":
            found: Any = answering.greet()
        else:
            words = msgspec.msgpack.decode(asked.words, type=_KINDS[asked.call])
            method = getattr(answering, asked.call)
            found = method(*words) if asked.call == "act" else method(words)
    except FilterError as error:
        return Told(
            refused=Refused(
                words=error.message, text=error.text, at=error.at, length=error.length, hint=error.hint
            )
        )
    except HostError as error:
        return Told(refused=Refused(words=str(error), remedy=error.remedy))
    except KeyError as error:
        return Told(refused=Refused(words=f"there is nothing called {error} here"))
    except Exception as error:
        return Told(refused=Refused(words=f"{asked.call}: {type(error).__name__}: {error}"))
    return Told(msgspec.Raw(msgspec.msgpack.encode(found)))
