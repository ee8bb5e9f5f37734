"""``procwire watch --attach``: the lines and the picture of a watch, of what a running daemon sees.

Nothing is captured here: flows, observations and findings come from the daemon's engine, which applies the
filter. What this process does not read in time is lost, counted, and said at the end.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec

from procwire.api.client import ApiError, Client, Feeding
from procwire.api.messages import Event
from procwire.api.remote import of_dicts, read
from procwire.cli import exit
from procwire.cli.audience import KEPT_ENDED, OVER
from procwire.cli.output.choice import RowWriter, writer
from procwire.cli.output.json_lines import JsonLines
from procwire.cli.output.observations import chosen
from procwire.cli.stopping import on_signal
from procwire.engine.options import EngineError
from procwire.model.columns import Column, Kind, Table
from procwire.model.filter import FilterError
from procwire.model.finding import FINDINGS
from procwire.model.observed import OBSERVED, observed
from procwire.model.plain import fields, readers
from procwire.model.tables import FLOWS
from procwire.model.values import human_size, several

TURN_SECONDS = 0.25
REFRESH_SECONDS = 1.0
MAX_ROWS = 100_000  # flows in the picture; beyond, those heard of first go
Row = dict[str, Any]


class Attached:
    """What all such faces do: begin with a subscription, take events, have a turn some times a second."""

    def begin(self, client: Client) -> None:
        """Ask for what is to be shown."""
        raise NotImplementedError

    def take(self, event: Event) -> None:
        """Something happened."""
        raise NotImplementedError

    def turn(self, client: Client) -> None:
        """Flush or repaint."""

    def finish(self) -> None:
        """Nothing more will come."""

    def __enter__(self) -> Attached:
        return self

    def __exit__(self, *_: object) -> None:
        return None


class Lines(Attached):
    """A line for each event of one table."""

    def __init__(self, arguments: argparse.Namespace, table: Table, name: str, *, events: bool) -> None:
        self._name = name
        self._filter = arguments.filter
        self._every = getattr(arguments, "every", None) or 0.0
        self._table = table
        self._events = events
        self._out: RowWriter = writer(arguments, of_dicts(table), events=events)
        self._wanted: frozenset[str] = frozenset()
        self._columns: tuple[str, ...] = ()
        self._written = False

    def only(self, tables: list[Table]) -> Lines:
        """Of observations of all kinds, those of these tables."""
        self._wanted = frozenset(table.name for table in tables)
        return self

    def begin(self, client: Client) -> None:
        """See Attached."""
        every = self._every if self._name == "flow" else 0.0
        self._columns = client.subscribe(self._name, self._filter, every=every).columns[self._name]

    def take(self, event: Event) -> None:
        """See Attached."""
        row = read(self._table, self._columns, event.row)
        if self._wanted and row.get("table") not in self._wanted:
            return
        self._written = True
        self._out.write(row, event.event if self._events else "")

    def turn(self, client: Client) -> None:  # noqa: ARG002
        """See Attached."""
        if self._written:
            self._written = False
            self._out.flush()

    def finish(self) -> None:
        """See Attached."""
        self._out.finish()


class Kinds(Attached):
    """JSON lines of observations, each with the schema and the columns of its own table."""

    def __init__(self, arguments: argparse.Namespace, tables: list[Table]) -> None:
        self._filter = arguments.filter
        self._tables = {table.name: observed(table) for table in tables}
        self._how = {name: readers(of_dicts(table)) for name, table in self._tables.items()}
        self._lines = JsonLines(sys.stdout.buffer, FLOWS)
        self._feed = Feeding(0, {})

    def begin(self, client: Client) -> None:
        """See Attached."""
        self._feed = client.subscribe("observation", self._filter, kinds=self._tables)

    def take(self, event: Event) -> None:
        """See Attached."""
        table = self._tables[event.table]
        row = read(table, self._feed.columns[event.table], event.row)
        self._lines.record(fields(row, self._how[event.table], {"schema": table.schema}))

    def turn(self, client: Client) -> None:  # noqa: ARG002
        """See Attached."""
        self._lines.flush()

    def finish(self) -> None:
        """See Attached."""
        self._lines.finish()


class Picture(Attached):
    """A table on the terminal: busiest flows first, ended ones dim until newer ones push them out."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        from procwire.cli.output.live import LiveTable, Recent

        self._filter = arguments.filter
        self._columns: tuple[str, ...] = ()
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._ended: OrderedDict[str, Row] = OrderedDict()
        self._live = LiveTable(_with_rate(self._rate), over=_over)
        self._recent = Recent(lambda row: row["flow_id"], _size, _over)
        self._painted = self._elapsed = 0.0
        self._bytes = 0

    def __enter__(self) -> Picture:
        self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.__exit__(*error)

    def begin(self, client: Client) -> None:
        """See Attached."""
        shown = [column.name for column in FLOWS if column.shown]
        names = dict.fromkeys((*shown, "flow_id", "bytes_out", "bytes_in", "state"))
        self._columns = client.subscribe(
            "flow", self._filter, names, every=REFRESH_SECONDS, snapshot=True
        ).columns["flow"]

    def take(self, event: Event) -> None:
        """See Attached."""
        if not event.row:
            return
        row = read(FLOWS, self._columns, event.row)
        name = row["flow_id"]
        if event.event == "end":
            self._rows.pop(name, None)
            self._ended[name] = row | {"over": True}
            if len(self._ended) > KEPT_ENDED:
                self._ended.popitem(last=False)
        elif name not in self._ended:
            self._rows[name] = row
            if len(self._rows) > MAX_ROWS:
                self._rows.popitem(last=False)

    def turn(self, client: Client) -> None:
        """See Attached."""
        now = time.monotonic()
        if now - self._painted < REFRESH_SECONDS:
            return
        self._elapsed = now - self._painted if self._painted else 0.0
        self._painted = now
        rows = [*self._rows.values(), *self._ended.values()]
        ranked = self._recent.rank(rows, self._live.room)
        self._live.show(ranked, self._footer(client, len(rows) - len(ranked)))

    def _rate(self, row: Row) -> str:
        if _over(row):
            return "ended"
        moved = self._recent.moved.get(row["flow_id"], 0)
        return f"{human_size(round(moved / self._elapsed))}/s" if moved and self._elapsed > 0 else ""

    def _footer(self, client: Client, hidden: int) -> str:
        parts, whole = footer(client, hidden)
        moved, self._bytes = whole - self._bytes, whole
        if self._elapsed > 0:
            parts.append(f"{human_size(round(moved / self._elapsed))}/s")
        return ", ".join(parts)


def footer(client: Client, hidden: int) -> tuple[list[str], int]:
    """What is said below a picture, and the bytes that the daemon has seen. Raises ApiError."""
    told = {(row["part"], row["name"]): row.get("amount", 0) for row in client.health()}
    whole = told.get(("capture", "bytes"), 0)
    parts = [
        f"{several(told.get(('flows', 'open'), 0), 'flow')} open, {told.get(('flows', 'in all'), 0)} in all",
        *([f"{hidden} more rows"] if hidden else []),
        f"{told.get(('capture', 'dropped'), 0)} dropped by the kernel",
        *([f"{lost} events lost"] if (lost := sum(client.lost.values())) else []),
        f"{told.get(('capture', 'packets'), 0)} packets",
        human_size(whole),
    ]
    return parts, whole


def attach(arguments: argparse.Namespace, path: str) -> int:
    """Show what the daemon at this socket sees until stopped, or for --for; 4 where events were lost."""
    _refuse(arguments)
    face = _face(arguments)
    stopped: list[bool] = []
    deadline = time.monotonic() + arguments.seconds if arguments.seconds else None
    try:
        with Client(path, program="procwire watch") as client, on_signal(lambda: stopped.append(True)):
            own = "" if client.welcome.sees == "all" else ", your own flows alone"
            print(f"procwire: watching through {path}{own}", file=sys.stderr, flush=True)
            with face:
                face.begin(client)
                while not stopped and (deadline is None or time.monotonic() < deadline):
                    for event in client.events(TURN_SECONDS):
                        face.take(event)
                    face.turn(client)
                face.finish()
            return _ending(client)
    except ApiError as error:
        raise failure(error, arguments.filter) from None


def failure(error: ApiError, filter: str = "") -> Exception:
    """What an engine or its absence says, as commands say it."""
    if error.code == "filter":
        return FilterError(str(error), filter, error.at, error.length, error.hint)
    code = {"denied": exit.PERMISSION, "table": exit.USAGE, "column": exit.USAGE}.get(
        error.code, exit.FAILURE
    )
    return EngineError(f"{error}" + (f": {error.hint}" if error.hint else ""), code)


def _refuse(arguments: argparse.Namespace) -> None:
    """What the daemon alone decides."""
    wanted = {
        "--interface": arguments.interface, "--log-events": arguments.log_events,
        "--json-shape": arguments.json_shape != "procwire",
        "--write": arguments.write, "--record": arguments.record,
        "--capture-filter": arguments.capture_filter,
        "--filters": arguments.filters, "--store": arguments.store is not None,
    }  # fmt: skip
    for option, given in wanted.items():
        if given:
            raise EngineError(f"{option} does not go with a daemon's watch: it is the daemon's", exit.USAGE)


def _face(arguments: argparse.Namespace) -> Attached:
    if arguments.group:
        return _grouped(arguments)
    if arguments.findings is not None:
        if arguments.findings:
            words = "--findings names no detectors here: the daemon's run. Try --filter 'detector == scan'"
            raise EngineError(words, exit.USAGE)
        return Lines(arguments, FINDINGS, "finding", events=False)
    if arguments.observations is not None:
        tables = chosen(arguments.observations)
        if arguments.json:
            return Kinds(arguments, tables)
        if len(tables) == 1:
            return Lines(arguments, observed(tables[0]), tables[0].name, events=False)
        return Lines(arguments, OBSERVED, "observation", events=False).only(
            tables if arguments.observations else []
        )
    if arguments.json or arguments.csv or not sys.stdout.isatty():
        return Lines(arguments, FLOWS, "flow", events=True)
    return Picture(arguments)


def _grouped(arguments: argparse.Namespace) -> Attached:
    from procwire.cli.attached_groups import Grouped

    if arguments.every or arguments.observations is not None or arguments.findings is not None:
        raise EngineError("--every, --observations and --findings do not go with --group", exit.USAGE)
    return Grouped(arguments, arguments.group)


def _ending(client: Client) -> int:
    lost = sum(client.lost.values())
    dropped = client.rows("health", filter="part == capture and name == dropped").dicts()
    count = dropped[0].get("amount", 0) if dropped else 0
    sys.stdout.flush()
    words = f"{count} packets dropped by the kernel since the daemon began"
    print(f"procwire: {words}" + (f", {lost} events lost on the way here" if lost else ""), file=sys.stderr)
    return exit.INCOMPLETE if lost else exit.OK


def _over(row: Row) -> bool:
    return bool(row.get("over")) or row.get("state") in OVER


def _size(row: Row) -> int:
    return int((row.get("bytes_out") or 0) + (row.get("bytes_in") or 0))


def _with_rate(rate: Callable[[Row], str]) -> Table:
    """FLOWS of dicts with a column that only a picture has (see audience)."""
    column = Column(
        name="rate", kind=Kind.TEXT, doc="Bytes a second, or ended.", get=rate, shown=True, rank=4
    )
    table = of_dicts(FLOWS)
    place = [each.name for each in table.columns].index("bytes_in") + 1
    return msgspec.structs.replace(table, columns=(*table.columns[:place], column, *table.columns[place:]))
