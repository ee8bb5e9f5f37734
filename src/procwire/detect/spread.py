"""Lateral movement: one program or host that gets through to many hosts inside by administration ports."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import ClassVar

from procwire.detect.contract import SECOND, TCP, Detector, Kept, answered, scope, subject
from procwire.model.finding import MAX_EVIDENCE, Finding
from procwire.model.rows import FlowRow

MAX_REACHED = 2048
PORTS = frozenset({22, 23, 135, 139, 445, 1433, 2375, 3306, 3389, 5432, 5900, 5985, 5986, 6443, 10250})


class _Source:
    def __init__(self) -> None:
        self.reached: deque[tuple[int, str, int, str]] = deque(maxlen=MAX_REACHED)
        self.told = 0  # hosts when it was told of


class Spread(Detector):
    """See the module."""

    NAME = "fan-out"
    TITLE = "One reaches many by administration ports"
    SEVERITY = "medium"
    ATTACK = ("T1021",)
    CONTROLS = (
        "Only private addresses, and only connections that carried data both ways. Configuration management, "
        "monitoring and backup do the same by design: exempt their executable."
    )
    SETTINGS: ClassVar = {
        "window": (600, "Seconds that are looked at together."),
        "hosts": (8, "Distinct hosts that were reached."),
    }

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._sources: Kept[_Source] = Kept()

    def ended(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        flow = row.flow
        if flow.proto != TCP or flow.dport not in PORTS or not flow.opener_seen:
            return
        if not answered(flow) or not flow.payload_in or not flow.payload_out or scope(flow.dst) != "private":
            return
        who = subject(row)
        source = self._sources.of(who, _Source)
        source.reached.append((flow.first, flow.dst, flow.dport, flow.flow_id))
        oldest = flow.first - round(self.settings["window"] * SECOND)
        while source.reached[0][0] < oldest:
            source.reached.popleft()
        hosts = {host for _, host, _, _ in source.reached}
        if len(hosts) < max(self.settings["hosts"], 2 * source.told):
            return
        source.told = len(hosts)
        ports = sorted({port for _, _, port, _ in source.reached})
        first = source.reached[0][0]
        yield self.found(
            f"{len(hosts)} internal hosts were reached on port {', '.join(map(str, ports))} in "
            f"{(flow.first - first) / SECOND:.0f} s",
            now=now, row=row, source=who.address, target=f"{len(hosts)} hosts",
            port=ports[0] if len(ports) == 1 else None, count=len(source.reached), first=first,
            last=flow.last, flows=[name for *_, name in source.reached][-MAX_EVIDENCE:],
        )  # fmt: skip
