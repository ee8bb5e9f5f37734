"""SYN floods: connections that are opened at one port in numbers and never completed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import ClassVar

from procwire.detect.contract import SECOND, TCP, Detector, Kept
from procwire.model.finding import MAX_EVIDENCE, Finding
from procwire.model.flow import Flow
from procwire.model.rows import FlowRow

MAX_OPENED = 8192  # of one port that are remembered
SETTLE_NS = SECOND


class _Port:
    def __init__(self) -> None:
        self.opened: deque[tuple[int, Flow]] = deque(maxlen=MAX_OPENED)
        self.looked = 0
        self.told: int | None = None


class Flood(Detector):
    """See the module."""

    NAME = "syn-flood"
    TITLE = "SYN flood"
    SEVERITY = "high"
    ATTACK = ("T1499.001",)
    CONTROLS = "Completed handshakes and refused ones (RST) do not count; a busy server completes nearly all."
    SETTINGS: ClassVar = {
        "window": (10, "Seconds that are looked at together."),
        "connections": (200, "Connections opened within the window."),
        "incomplete": (0.9, "Least share of them without a completed handshake."),
        "quiet": (300, "Seconds until the same is told of again."),
    }

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._ports: Kept[_Port] = Kept()

    def opened(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        flow = row.flow
        if flow.proto != TCP or not flow.opener_seen:
            return ()
        key = (flow.dst, flow.dport)
        port = self._ports.of(key, _Port)
        port.opened.append((now, flow))
        return self._look(key, port, now)

    def finish(self, now: int) -> Iterable[Finding]:
        """See Detector."""
        for key, port in self._ports.items():
            yield from self._look(key, port, now + SETTLE_NS)

    def _look(self, key: tuple[str, int], port: _Port, now: int) -> Iterator[Finding]:
        oldest = now - round(self.settings["window"] * SECOND)
        while port.opened and port.opened[0][0] < oldest:
            port.opened.popleft()
        quiet = self.settings["quiet"] * SECOND
        if len(port.opened) < self.settings["connections"] or now - port.looked < SETTLE_NS:
            return
        port.looked = now
        flows = [flow for at, flow in port.opened if at <= now - SETTLE_NS]
        open_ = [flow for flow in flows if not _over(flow)]
        if len(flows) < self.settings["connections"] or (port.told is not None and now - port.told < quiet):
            return
        share = len(open_) / len(flows)
        if share < self.settings["incomplete"]:
            return
        port.told = now
        sources = {flow.src for flow in open_}
        times = [flow.first for flow in flows]
        yield self.found(
            f"{len(flows)} connections were opened in {(max(times) - min(times)) / SECOND:.1f} s by "
            f"{len(sources)} addresses, {share:.0%} were never completed",
            now=now, source=next(iter(sources)) if len(sources) == 1 else f"{len(sources)} addresses",
            target=key[0], port=key[1], score=share,
            scores=(("incomplete", share), ("sources", float(len(sources)))),
            count=len(flows), first=min(times), last=max(times),
            flows=[flow.flow_id for flow in open_[:MAX_EVIDENCE]],
        )  # fmt: skip


def _over(flow: Flow) -> bool:
    """Whether the handshake was completed, or refused at once."""
    return bool(
        flow.rtt >= 0 or flow.payload_out or flow.payload_in or flow.ended == "rst" or flow.flags_in & 4
    )
