"""What a watch or a reading is told, to a writer: flows that have ended, observations, and each owner once.

Live, an observation may be made before it is known whose flow it is; it is held back until its flow is told
of, so that its row says who it was.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from procwire.model.finding import FINDINGS, Finding
from procwire.model.flow import Flow
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow
from procwire.model.process import Owner, ProcessRef, is_answered
from procwire.model.rows import NO_CONTEXT, FlowRow, RowContext

MAX_HELD = 20_000  # observations of flows that were not told of yet; beyond, they go as they are
MAX_OWNERS = 65_536  # processes that are known to be stored; beyond, the oldest may be stored again


class Sink(Protocol):
    """What takes rows: a Writer."""

    @property
    def path(self) -> Path:
        """The file."""

    def add(self, table: str, row: Any) -> None:
        """Store the row soon."""

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all is stored."""


class Keeper:
    """``wanted``: which flows are stored, with their observations; all without it. For one thread."""

    def __init__(
        self,
        sink: Sink,
        *,
        context: RowContext = NO_CONTEXT,
        wanted: Callable[[FlowRow], bool] | None = None,
        live: bool = False,
    ) -> None:
        self.context = context
        self.wanted = wanted
        self._sink = sink
        self.live = live
        self._held: dict[int, list[Observation]] = {}
        self._holding = 0
        self._first: list[tuple[str, Any]] = []
        self._owners: OrderedDict[tuple[int, int], None] = OrderedDict()

    @property
    def sink(self) -> Sink:
        """What takes the rows."""
        return self._sink

    @property
    def path(self) -> Path:
        """The store's file."""
        return self._sink.path

    def flush(self) -> None:
        """Wait until what was told is stored."""
        self._sink.flush()

    def first(self, table: str, rows: Iterable[Any]) -> None:
        """Rows that are kept before any other: once something comes, as a thread is begun then."""
        self._first += [(table, row) for row in rows]

    def begin(self) -> None:
        """Keep the first rows now."""
        for table, row in self._first:
            self._sink.add(table, row)
        self._first.clear()

    def keep(self, table: str, rows: Iterable[Any]) -> None:
        """Rows of a table that are neither flows nor observations."""
        for row in rows:
            self._sink.add(table, row)

    def found(self, finding: Finding) -> None:
        """Something was found."""
        self._sink.add(FINDINGS.name, finding)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """A parser saw something in the flow, which for what is not IP is only a stand-in."""
        if self.live and flow.number and not is_answered(flow.owner) and self._holding < MAX_HELD:
            self._held.setdefault(flow.number, []).append(observation)
            self._holding += 1
            return
        self._keep(flow, [observation])

    def told(self, event: str, flow: Flow) -> None:
        """open, update or end, as model.listening.Audience is told."""
        held = self._held.pop(flow.number, None)
        if held:
            self._holding -= len(held)
            self._keep(flow, held)
        if event == "end":
            self.ended(flow)

    def ended(self, flow: Flow) -> None:
        """The flow's numbers are final."""
        row = FlowRow(flow, self.context)
        if self.wanted is None or self.wanted(row):
            self._sink.add("flow", row)
            self._own(row)

    def _keep(self, flow: Flow, observations: list[Observation]) -> None:
        if self.wanted is not None and flow.number and not self.wanted(FlowRow(flow, self.context)):
            return
        for observation in observations:
            self._sink.add(observation.TABLE, ObservationRow(flow, observation, self.context))

    def _own(self, row: FlowRow) -> None:
        owner = row.owner
        if owner.process is not None and self._is_new(owner.process):
            self._sink.add("process", row)
        if owner.peer is not None and self._is_new(owner.peer):
            stand_in = Flow()
            stand_in.owner = Owner(process=owner.peer, confidence=owner.peer_confidence)
            self._sink.add("process", FlowRow(stand_in))

    def _is_new(self, process: ProcessRef) -> bool:
        name = (process.pid, process.start)
        known = name in self._owners
        self._owners[name] = None
        if len(self._owners) > MAX_OWNERS:
            self._owners.popitem(last=False)
        return not known
