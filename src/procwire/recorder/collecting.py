"""The tables of a bundle from one reading of its packets: flows, observations, processes and sums."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from procwire.capture.encode import run_end
from procwire.dpi.registry import registry
from procwire.model.finding import FINDINGS, Finding
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.lines import line_of
from procwire.model.listening import Silent
from procwire.model.observation import Observation
from procwire.model.packets import PacketTable
from procwire.model.plain import fields, readers
from procwire.model.process import Owner, ProcessRef
from procwire.model.rows import NO_CONTEXT, FlowRow, RowContext
from procwire.model.tables import FLOWS
from procwire.recorder import owners
from procwire.recorder.incident import PROCESSES
from procwire.recorder.kept import Kept
from procwire.recorder.kin import OWNER, WITH_FLOWS, Kin, Row
from procwire.recorder.lag import Lag
from procwire.recorder.noted import Observed
from procwire.recorder.sums import unfollowed, wire_bytes

MAX_FLOWS = 1_000_000  # told of in a bundle
Write = Callable[[str, bytes], None]
Behind = Callable[[FrameBatch, int], None]


class Collector(Silent):
    """Writes lines as they come to be known; ``finish`` writes what is known at the end.

    ``write`` takes the name of a file of the bundle and a line. ``numbers`` has the flow of each packet, in
    the order of the packets, for whoever writes them.
    """

    def __init__(self, write: Write, keep: Callable[[Any], bool] | None = None) -> None:
        self.context: RowContext = NO_CONTEXT  # to be set before anything is read
        self.heard: Callable[[Flow], object] | None = None  # told of each flow that begins
        self.behind: Behind | None = None  # called with each batch, and how many packets may be written
        self.kept: Kept | None = None  # where batches are to stay until they are written
        self.owner_line: Callable[[Flow], bytes] = owners.line
        self.flows: dict[int, Flow] = {}
        self.numbers = array("q")
        self.wanted: set[int] | None = None if keep is None else set()
        self.unkept = 0
        self.facts = Facts()
        self._lag = Lag()
        self._write = write
        self._keep = keep
        self._how = readers(FLOWS.columns)
        self._observed = Observed(registry().tables())

    def packets(self, batch: FrameBatch, table: PacketTable) -> None:
        """A batch that was ingested."""
        self.numbers.frombytes(memoryview(table.flow)[: batch.count].tobytes())
        self.facts.packets(batch, table)
        until = self._lag.read(self.facts.bytes, len(self.numbers))
        if self.behind is not None:
            self.behind(batch, until)

    def opened(self, flow: Flow) -> None:
        """See Listener."""
        if len(self.flows) >= MAX_FLOWS:
            self.unkept += 1
            return
        self.flows[flow.number] = flow
        self._lag.opened(flow.number)
        if self.heard is not None:
            self.heard(flow)

    def decided(self, flow: Flow) -> None:
        """See Listener."""
        self._lag.settled(flow.number)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Listener."""
        if self._keep is not None:
            return
        for line in self._observed.lines([(flow, observation)], self.context):
            self._write("observations.ndjson", line)
            if observation.TABLE == "dns":
                self._write("dns.ndjson", line)

    def found(self, finding: Finding) -> None:
        """A detector spoke."""
        self._write(
            "findings.ndjson",
            line_of(fields(finding, readers(FINDINGS.columns), {"schema": FINDINGS.schema})),
        )

    def ended(self, flow: Flow) -> None:
        """See Listener."""
        self._lag.settled(flow.number)
        row = FlowRow(flow, self.context)
        if self.wanted is not None:
            if self._keep is not None and self._keep(row):
                self.wanted.add(flow.number)
            return
        self._write("flows.ndjson", line_of(fields(row, self._how, {"schema": FLOWS.schema})))
        written = self.owner_line(flow)
        if written:
            self._write("owners.ndjson", written)
        self.facts.ended(flow)

    def finish(self, interface: Callable[[int], str | None], drops: dict[str, int]) -> None:
        """Everything was read; ``drops``: frames lost before, by interface."""
        for name, told in self.facts.tables(interface, drops):
            self._write(name, line_of(told))


class Facts:
    """Sums over flows and packets."""

    def __init__(self) -> None:
        self.called: Callable[[str], str] = str  # under what name somebody is told of in a summary,
        self.parent: Callable[[str], str] = str  # and a parent, as name:pid
        self.count = self.bytes = 0
        self.first = self.last = 0
        self.apps: Counter[str] = Counter()
        self.talkers: Counter[tuple[str, str]] = Counter()
        self.no_flow = 0
        self._interfaces: Counter[int] = Counter()  # packets
        self.kin = Kin()  # who is known of those who started them
        self._processes: dict[tuple[int, int, str], tuple[ProcessRef, list[int]]] = {}
        self._accounts: dict[tuple[str, str], list[int]] = {}  # flows, packets, bytes

    def packets(self, batch: FrameBatch, table: PacketTable) -> None:
        """A batch: what it is in all."""
        count = batch.count
        self.count += count
        self.bytes += wire_bytes(batch)
        self.first = self.first or batch.time[0]
        self.last = max(self.last, batch.time[count - 1])
        self.no_flow += unfollowed(table, count)
        row = 0
        while row < count:
            end = run_end(batch, row, count)
            self._interfaces[batch.interface[row]] += end - row
            row = end

    def ended(self, flow: Flow) -> None:
        """A flow: whose it is, and how much."""
        owner = flow.owner if isinstance(flow.owner, Owner) else None
        packets, size = flow.packets_out + flow.packets_in, flow.bytes_out + flow.bytes_in
        self.apps[flow.app] += size
        process = owner.process if owner is not None else None
        whose = process.name if process is not None else "?"
        self.talkers[self.called(whose), self.called(flow.server_name or flow.dst)] += size
        state = ("attributed", owner.confidence) if owner is not None and process is not None else (
            "unattributed", owner.reason if owner is not None else "read from a file",
        )  # fmt: skip
        account = self._accounts.setdefault(state, [0, 0, 0])
        for place, more in enumerate((1, packets, size)):
            account[place] += more
        for each in (process, owner.peer if owner is not None else None):
            if each is not None:
                self._process(each, packets, size)

    def _process(self, process: ProcessRef, packets: int, size: int) -> None:
        known = self._processes.setdefault((process.pid, process.start, process.name), (process, [0, 0, 0]))
        for place, more in enumerate((1, packets, size)):
            known[1][place] += more

    def processes(self) -> Iterator[Row]:
        """Whose flows there are, and who started them; the busiest first, each with its parents behind it."""
        busy = sorted(self._processes.values(), key=lambda each: -each[1][2])
        tallies = {(one.pid, one.start): tally for one, tally in busy}
        for row in self.kin.tree(one for one, _ in busy):
            tally = tallies.get((row["pid"], row.get("start") or 0)) if row["known_by"] == OWNER else None
            yield row | dict(zip(("flows", "packets", "bytes"), tally or (0, 0, 0), strict=True))

    def tables(
        self, interface: Callable[[int], str | None], drops: dict[str, int]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """(file, line) of what was summed up."""
        how = readers(WITH_FLOWS.columns)
        for row in self.processes():
            yield PROCESSES, fields(row, how, {"schema": WITH_FLOWS.schema})
        for (kind, why), (flows, packets, size) in sorted(self._accounts.items()):
            yield "accounting.ndjson", _account(kind, why, flows, packets, size)
        yield "accounting.ndjson", _account("unattributed", "no flow", 0, self.no_flow, None)
        for index, packets in sorted(self._interfaces.items()):
            name = interface(index) or ""
            yield "health.ndjson", {
                "schema": "procwire.capture_health/1", "interface": name, "packets": packets,
                "dropped": drops.get(name, 0),
            }  # fmt: skip


def _account(kind: str, why: str, flows: int, packets: int, size: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "schema": "procwire.incident_account/1", "account": kind, "reason": why, "flows": flows,
        "packets": packets,
    }  # fmt: skip
    return told if size is None else told | {"bytes": size}
