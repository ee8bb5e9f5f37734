"""A capture file as the terminal sees it: flows, what was seen in them, packets; at any time of it.

Read once, by a process that is shut in as every reader of recordings is, and kept in memory within bounds;
what did not find room is counted and said. A time is shown as what had begun by then: a flow's numbers are
those of its end, as a recording is read to its end before it is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from procwire.cli.beside import Answering, plain, told_of
from procwire.cli.detecting import Detecting
from procwire.cli.flow_series import tracks_of
from procwire.cli.shelf import NAMES, TABLE, Shelf
from procwire.engine import api
from procwire.engine.api import Context, Reading, ReadOptions
from procwire.model.finding import FINDINGS, Finding
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.listening import Silent
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow, observed
from procwire.model.packets import PacketTable
from procwire.model.process import FROM_FILE
from procwire.model.rows import FlowRow, InterfaceRow
from procwire.model.tables import FLOWS, INTERFACES, PACKETS
from procwire.recorder.kin import KIN, Row
from procwire.recorder.opening import Opened
from procwire.recorder.owners import Owned, processes
from procwire.recorder.picking import Picked
from procwire.store.asking import Limits, QueryError, Questions
from procwire.store.reason import StoreError
from procwire.tui.aside import Query
from procwire.tui.host import Frame, Health, HostError, Link, Sheet, Want

MAX_FLOWS = 200_000
MAX_SEEN = 200_000
MAX_FOUND = 10_000
STEPS = 300  # of the history of an interface
QUERY_ROWS = 5_000
SECOND = 1_000_000_000
Counted = dict[tuple[int, int], list[int]]  # interface and second -> bytes of src, bytes of dst, packets


def _goes_on(flow: Flow, now: int) -> bool:
    """Whether a flow is not over then: there is more of it, or only the recording ended."""
    return flow.last > now or str(flow.ended) == "capture-end"


class Kept(Silent):
    """The listener: what a recording holds, within bounds. ``left_out``: by table, how many were too many."""

    def __init__(self, detecting: Detecting | None) -> None:
        self.flows: list[FlowRow] = []
        self.seen: dict[str, list[ObservationRow]] = defaultdict(list)
        self.found: list[Finding] = []
        self.left_out: dict[str, int] = defaultdict(int)
        self.context: Context | None = None
        self.detecting = detecting
        self._seen = 0
        if detecting is not None:
            detecting.takers.append(self._take)

    def opened(self, flow: Flow) -> None:
        """See Silent."""
        if self.detecting is not None:
            self.detecting.opened(flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Silent."""
        if self.detecting is not None:
            self.detecting.observed(flow, observation)
        if self._seen >= MAX_SEEN:
            self.left_out[observation.TABLE] += 1
            return
        self._seen += 1
        assert self.context is not None
        self.seen[observation.TABLE].append(ObservationRow(flow, observation, self.context))

    def ended(self, flow: Flow) -> None:
        """See Silent."""
        if self.detecting is not None:
            self.detecting.ended(flow)
        if len(self.flows) >= MAX_FLOWS:
            self.left_out[FLOWS.name] += 1
            return
        assert self.context is not None
        self.flows.append(FlowRow(flow, self.context))

    def _take(self, finding: Finding) -> None:
        if len(self.found) >= MAX_FOUND:
            self.left_out[FINDINGS.name] += 1
            return
        self.found.append(finding)


class Recorded(Answering):
    """One file, or an incident with who owned what. ``read`` first."""

    live = False

    def __init__(
        self, options: ReadOptions, detecting: Detecting | None = None, opened: Opened | None = None
    ) -> None:
        super().__init__(lambda: self.reading.pipeline.time.now)
        self.title = ", ".join(Path(path).name for path in options.paths)
        self.kept = Kept(detecting)
        self.about: tuple[str, ...] = ()
        listener: Any = self.kept
        if opened is not None:
            self.title, self.about = f"incident {opened.name}", (opened.about,)
            listener = Owned(self.kept, opened.book)
        self.reading = Reading(options, listener)
        self.kept.context = Context(self.reading.source.interfaces, unowned=FROM_FILE)
        if detecting is not None:
            detecting.context = self.kept.context
        self.shelf = Shelf(self.kept.context)
        self.counted: Counted = {}
        kinds = [table for table in api.tables() if {"time", "side"} <= {column.name for column in table}]
        self.offers = {
            FLOWS.name: (FLOWS, lambda: self.kept.flows),
            FINDINGS.name: (FINDINGS, lambda: self.kept.found),
            PACKETS.name: (TABLE, lambda: self.shelf.rows),
            INTERFACES.name: (INTERFACES, self._interfaces),
            **{table.name: (observed(table), self._of(table.name)) for table in kinds},
        }
        if opened is not None:
            self.offers[KIN.name] = (KIN, lambda: self._kin(opened))

    def _kin(self, opened: Opened) -> list[Row]:
        return list(opened.kin.tree(processes(row.flow.owner for row in self.kept.flows)))

    def read(self) -> None:
        """Read to the end or to the damage."""
        reading = self.reading
        reading.begin()
        for batch, table in reading.packets():
            if reading.keys is not None:
                reading.keys.take_blocks(reading.source.secrets)
            reading.pipeline.ingest(table)
            self._take(batch, table)
        reading.pipeline.finish()
        if self.kept.detecting is not None:
            self.kept.detecting.finish()
        first = reading.pipeline.time.first
        self.span = (first, max(first, reading.pipeline.time.last)) if first else None

    def notes(self, table: str) -> tuple[str, ...]:
        """See Answering."""
        found = [f"{self.kept.left_out[table]:,} more had no room"] if self.kept.left_out.get(table) else []
        if self.reading.error is not None:
            found.append(f"damaged: {self.reading.error}")
        return tuple(found)

    def health(self, at: int | None) -> Health:
        """See tui.host.Host."""
        reading = self.reading
        counts, tracked = reading.counts, reading.outcome.tracked
        now = at if at is not None else reading.pipeline.time.last
        begun = [row.flow for row in self.kept.flows if row.flow.first <= now]
        return Health(
            now=now,
            since=reading.pipeline.time.first,
            packets=counts.frames,
            bytes=tracked.bytes,
            flows=len(begun),
            open_flows=sum(_goes_on(flow, now) for flow in begun),
            source="read from a file",
            links=tuple(self._links(now)),
            drops={"before the file": counts.dropped, "damaged": counts.damaged, "evicted": tracked.evicted},
            notes=(*self.about, *self.notes("")),
        )

    def flow(self, flow_id: str) -> Sheet:
        """See tui.host.Host."""
        row = next((row for row in self.kept.flows if row.flow.flow_id == flow_id), None)
        if row is None:
            return super().flow(flow_id)
        seen: list[tuple[str, dict[str, Any]]] = []
        for name, rows in self.kept.seen.items():
            columns = tuple(self.offers[name][0]) if name in self.offers else ()
            mine = (one for one in rows if one.flow is row.flow)
            seen += [(name, {column.name: plain(column.get(one)) for column in columns}) for one in mine]
        seen.sort(key=lambda pair: pair[1].get("time") or 0)
        flow = {column.name: plain(column.get(row)) for column in FLOWS}
        return Sheet(flow=flow, seen=tuple(seen), tracks=tracks_of(flow, self.shelf.rows, NAMES))

    def packet(self, number: int) -> Frame:
        """See tui.host.Host."""
        return self.shelf.packet(number)

    def picked(self, numbers: tuple[int, ...]) -> tuple[Picked, ...]:
        """See Answering."""
        return tuple(self.shelf.picked(number) for number in numbers)

    def query(self, sql: str) -> Query:
        """See tui.host.Host."""
        live: dict[str, Any] = dict(self.offers)
        return answered(sql, live)

    def _of(self, name: str) -> Callable[[], list[ObservationRow]]:
        return lambda: self.kept.seen.get(name, [])

    def _interfaces(self) -> list[InterfaceRow]:
        return [
            InterfaceRow(name=each.name or f"#{each.index}", index=each.index, description=each.description)
            for each in self.reading.source.interfaces
        ]

    def _take(self, batch: FrameBatch, table: PacketTable) -> None:
        """Count packets by interface and second; keep the first ones whole."""
        counted = self.counted
        for row in range(table.count):
            key = (table.interface[row], table.time[row] // SECOND)
            sums = counted.get(key)
            if sums is None:
                sums = counted[key] = [0, 0, 0]
            sums[1 if table.flow[row] < 0 else 0] += table.wire[row]
            sums[2] += 1
        self.shelf.take(batch, table)
        self.kept.left_out[PACKETS.name] = self.shelf.left_out

    def _links(self, now: int) -> list[Link]:
        interfaces = self.reading.source.interfaces
        begin = self.reading.pipeline.time.first // SECOND
        end = now // SECOND
        step = max(1, (end - begin + 1 + STEPS - 1) // STEPS)
        links = []
        for index in sorted({index for index, _ in self.counted}):
            out, into, packets = [0.0] * STEPS, [0.0] * STEPS, 0
            moved = [0, 0]
            for (which, second), sums in self.counted.items():
                if which == index and begin <= second <= end:
                    out[(second - begin) // step] += sums[0] / step
                    into[(second - begin) // step] += sums[1] / step
                    moved[0] += sums[0]
                    moved[1] += sums[1]
                    packets += sums[2]
            used = (end - begin) // step + 1
            name = (interfaces[index].name if index < len(interfaces) else "") or f"#{index}"
            links.append(Link(name=name, packets=packets, bytes_out=moved[0], bytes_in=moved[1],
                              rates_out=tuple(out[:used]), rates_in=tuple(into[:used])))  # fmt: skip
        return links


def answered(sql: str, live: Mapping[str, Any], store: Any = None) -> Query:
    """A query over tables that are read at that moment. Raises HostError."""
    tables = [table for table, _ in live.values()]
    limits = Limits(seconds=10.0, rows=QUERY_ROWS)
    try:
        with Questions(tables, store=store, live=live, limits=limits) as questions:
            answer = questions.ask(sql)
            columns = list(answer.table)
            rows = tuple(tuple(plain(column.get(row)) for column in columns) for row in answer.rows)
    except (QueryError, StoreError) as error:
        raise HostError(f"query: {error}") from None
    return Query(table=told_of(answer.table), rows=rows, notes=(answer.cut,) if answer.cut else ())


__all__ = ["Recorded", "Want", "answered"]
