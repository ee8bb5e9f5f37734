"""The faces of ``procwire watch``: lines as things happen, or a picture that refreshes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from heapq import nlargest
from typing import Any

import msgspec

from procwire.cli.output.choice import RowWriter
from procwire.cli.output.findings import Findings
from procwire.cli.output.groups import Groups
from procwire.cli.output.observations import Observations
from procwire.engine.api import Context, Watching
from procwire.model.columns import Column, Kind, Table
from procwire.model.flow import Flow
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow
from procwire.model.rows import NO_CONTEXT, FlowRow
from procwire.model.tables import FLOWS, GROUPS
from procwire.model.values import human_size, several

REFRESH_NS = 1_000_000_000
OVER = frozenset({"closed", "reset"})  # states of flows that are only kept for stragglers
KEPT_ENDED = 200  # ended flows that stay in the picture until newer ones push them out
MAX_CUT = (
    4096  # of the flows that go on when the end comes, so many of the largest may be in the last picture
)


class Watcher:
    """What all faces share: the filter, rows, and a picture's clock. A context manager."""

    def __init__(self) -> None:
        self.keep: Callable[[Any], bool] | None = None
        self.context: Context | None = None
        self.watching: Watching | None = None
        self.refreshed = 0
        self.elapsed = 0.0  # seconds between the last two pictures
        self.finished = False
        self.going = 0  # flows that were not over, whatever the filter, when ``open_rows`` last went through
        self.sum = 0  # bytes when the last picture was painted

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def row(self, flow: Flow) -> FlowRow | None:
        """The flow's row where it matches the filter."""
        row = self.wrap(flow)
        return row if self.keep is None or self.keep(row) else None

    def wrap(self, flow: Flow) -> FlowRow:
        """The flow's row, matching or not."""
        return FlowRow(flow, self.context) if self.context else FlowRow(flow)

    def over(self, row: FlowRow) -> bool:
        """Whether the conversation is over; not what only our own end cut off."""
        if row.flow.ended:
            return str(row.flow.ended) != "capture-end"
        return row.context.state(row.flow.state) in OVER

    def open_rows(self) -> Iterable[FlowRow]:
        """Rows of the flows that are still counted and match."""
        self.going = 0
        if self.watching is None:
            return
        for flow in self.watching.pipeline.tracker.active():
            row = self.wrap(flow)
            self.going += not self.over(row)
            if self.keep is None or self.keep(row):
                yield row

    def told(self, event: str, flow: Flow) -> None:
        """See model.listening.Audience."""

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See model.listening.Audience."""

    def ticked(self, now: int) -> None:
        """Paint about once a second."""
        if not 0 <= now - self.refreshed < REFRESH_NS:  # a clock set back must not stop the picture
            self.elapsed = (now - self.refreshed) / 1e9 if self.refreshed else 0.0
            self.refreshed = now
            self.paint()

    def paint(self) -> None:
        """A new picture."""

    def finish(self) -> None:
        """Nothing more will come."""

    def footer(self, hidden: int = 0) -> str:
        """One line on the run as a whole: what a narrow screen must not cut off comes first.

        ``hidden``: rows that the screen has no room for.
        """
        if self.watching is None:
            return ""
        counts = self.watching.pipeline.tracker.counts
        moved, self.sum = counts.bytes - self.sum, counts.bytes
        going = "" if self.finished else f"{several(self.going, 'flow')} open, "
        parts = [
            f"{several(counts.flows, 'flow') if self.finished else f'{going}{counts.flows}'} in all",
            *([f"{hidden} more rows"] if hidden else []),
            f"{self.watching.source.counts.dropped} dropped by the kernel",
        ]
        if counts.evicted:
            parts.append(f"{counts.evicted} evicted")
        parts += [f"{counts.packets} packets", human_size(counts.bytes)]
        if self.elapsed > 0:
            parts.append(f"{human_size(round(moved / self.elapsed))}/s")
        return ", ".join(parts)


class Lines(Watcher):
    """A line for each thing told, flushed some times a second."""

    def __init__(self, out: RowWriter) -> None:
        super().__init__()
        self.out = out
        self.written = False

    def told(self, event: str, flow: Flow) -> None:
        """See Watcher."""
        if (row := self.row(flow)) is not None:
            self.written = True
            self.out.write(row, event)

    def ticked(self, now: int) -> None:  # noqa: ARG002
        """Flush once there is a line: a table takes its widths from the first ones."""
        if self.written:
            self.written = False
            self.out.flush()

    def finish(self) -> None:
        """See Watcher."""
        self.out.finish()


class Seen(Watcher):
    """A line for each observation, flushed some times a second; no flows."""

    def __init__(self, observations: Observations) -> None:
        super().__init__()
        self.observations = observations

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Watcher."""
        self.observations.take(ObservationRow(flow, observation, self.context or NO_CONTEXT))

    def ticked(self, now: int) -> None:  # noqa: ARG002
        """See Watcher."""
        self.observations.out.flush()

    def finish(self) -> None:
        """See Watcher."""
        self.observations.out.finish()


class Found(Watcher):
    """A line for each thing that detectors find; no flows."""

    def __init__(self, findings: Findings) -> None:
        super().__init__()
        self.findings = findings
        self.detecting = findings.detecting

    def told(self, event: str, flow: Flow) -> None:
        """See Watcher."""
        self.detecting.told(event, flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Watcher."""
        self.detecting.observed(flow, observation)

    def ticked(self, now: int) -> None:
        """See Watcher."""
        self.detecting.ticked(now)
        self.findings.out.flush()

    def finish(self) -> None:
        """See Watcher."""
        self.findings.finish()


class Picture(Watcher):
    """A table on the terminal: busiest flows first, ended ones dim until newer ones push them out."""

    def __init__(self) -> None:
        super().__init__()
        from procwire.cli.output.live import LiveTable, Recent

        self.live = LiveTable(_with_rate(self.rate), over=self.over)
        self.recent = Recent(_number, _size, self.over)
        self.ended: OrderedDict[int, FlowRow] = OrderedDict()
        self.cut: list[FlowRow] = []  # flows that went on when the end came

    def __enter__(self) -> Picture:
        self.live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.live.__exit__(*error)

    def told(self, event: str, flow: Flow) -> None:
        """See Watcher."""
        if event != "end" or (row := self.row(flow)) is None:
            return
        if not self.over(row):
            self.cut.append(row)
            if len(self.cut) > MAX_CUT:
                self.cut = nlargest(MAX_CUT // 2, self.cut, key=_size)
            return
        self.ended[flow.number] = row
        if len(self.ended) > KEPT_ENDED:
            self.ended.popitem(last=False)

    def rate(self, row: FlowRow) -> str:
        """Bytes a second since the picture before; ``ended`` for what is over, nothing for what is still."""
        if self.over(row):
            return "ended"
        moved = self.recent.moved.get(row.flow.number, 0)
        return f"{human_size(round(moved / self.elapsed))}/s" if moved and self.elapsed > 0 else ""

    def paint(self) -> None:
        """See Watcher."""
        rows = {row.flow.number: row for row in (*self.open_rows(), *self.cut)} | self.ended
        if self.finished:  # what moved since a moment ago says nothing of the run
            ranked = sorted(rows.values(), key=lambda row: (self.over(row), -_size(row)))[: self.live.room]
        else:
            ranked = self.recent.rank(rows.values(), self.live.room)
        self.live.show(ranked, self.footer(len(rows) - len(ranked)))

    def finish(self) -> None:
        """See Watcher."""
        self.finished = True
        self.elapsed = 0.0  # no whole second has passed since the last picture
        self.paint()


def _number(row: FlowRow) -> int:
    return int(row.flow.number)


def _size(row: FlowRow) -> int:
    return int(row.flow.bytes_out + row.flow.bytes_in)


def _with_rate(rate: Callable[[FlowRow], str]) -> Table:
    """FLOWS with a column that only a picture has: it says what moved between two of them."""
    column = Column(
        name="rate", kind=Kind.TEXT, doc="Bytes a second, or ended.", get=rate, shown=True, rank=4
    )
    place = FLOWS.columns.index(FLOWS.column("bytes_in")) + 1
    return msgspec.structs.replace(FLOWS, columns=(*FLOWS.columns[:place], column, *FLOWS.columns[place:]))


class GroupPicture(Watcher):
    """Groups instead of flows: refreshing on a terminal, or once at the end through ``out``."""

    def __init__(self, by: str, out: RowWriter | None) -> None:
        super().__init__()
        self.groups = Groups(by)
        self.out = out
        self.live: Any = None
        if out is None:
            from procwire.cli.output.live import LiveTable

            self.live = LiveTable(GROUPS)

    def __enter__(self) -> GroupPicture:
        if self.live:
            self.live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self.live:
            self.live.__exit__(*error)

    def told(self, event: str, flow: Flow) -> None:
        """See Watcher."""
        if event == "end" and (row := self.row(flow)) is not None:
            self.groups.add(row)

    def paint(self) -> None:
        """See Watcher."""
        if self.live:
            groups = self.groups.rows(self.open_rows())
            shown = groups[: self.live.room]
            self.live.show(shown, self.footer(len(groups) - len(shown)))

    def finish(self) -> None:
        """See Watcher."""
        self.finished = True
        self.elapsed = 0.0  # no whole second has passed since the last picture
        self.paint()
        if self.out is not None:
            for group in self.groups.rows():
                self.out.write(group)
            self.out.finish()
