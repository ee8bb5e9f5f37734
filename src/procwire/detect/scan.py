"""Port scans: many ports of one host, one port of many hosts, or both, mostly without an answer.

What counts is distinct targets within a window, and how many of them did not answer: closed ports, dropped
packets, hosts that are not there. A flow is asked for its answer a moment after it was opened.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import ClassVar

from procwire.detect.contract import (
    MAX_SUBJECTS,
    SECOND,
    TCP,
    UDP,
    Detector,
    Kept,
    Subject,
    answered,
    shared,
    subject,
)
from procwire.model.finding import MAX_EVIDENCE, Finding
from procwire.model.flow import Flow
from procwire.model.rows import FlowRow
from procwire.model.values import several

MAX_OPENED = 4096  # flows of one source that are remembered
SETTLE_NS = SECOND  # a service answers within this, or its answer is counted later
PEER_TO_PEER = frozenset({"bittorrent", "bitcoin", "stun", "rtp"})  # open flows to many, and many are gone


class _Source:
    def __init__(self, who: Subject) -> None:
        self.who = who
        self.row: FlowRow | None = None  # its newest
        self.opened: deque[tuple[int, str, Flow]] = deque(maxlen=MAX_OPENED)
        self.looked = 0  # when
        self.told: dict[tuple[str, str], int] = {}  # (kind, what) -> when


class Scan(Detector):
    """See the module."""

    NAME = "scan"
    TITLE = "Port scan"
    SEVERITY = "medium"
    ATTACK = ("T1046",)
    CONTROLS = (
        "Targets that answer do not count as failed; multicast and broadcast, and what peer-to-peer programs "
        "open, are left out; a resolver that asks many servers is answered by most."
    )
    SETTINGS: ClassVar = {
        "window": (60, "Seconds that are looked at together."),
        "ports": (20, "Distinct ports of one host that make a vertical scan."),
        "hosts": (20, "Distinct hosts on one port that make a horizontal scan."),
        "block": (60, "Distinct pairs of host and port that make a block scan."),
        "failed": (0.6, "Least share of targets that did not answer."),
        "quiet": (600, "Seconds until the same scan is told of again."),
    }

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._sources: Kept[_Source] = Kept()
        self._newly: dict[Subject, None] = {}  # whose last flows are to be looked at

    def opened(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        flow = row.flow
        if flow.proto not in {TCP, UDP} or (flow.proto == TCP and not flow.opener_seen):
            return
        target = flow.dst
        if shared(target):
            return
        who = subject(row)
        source = self._sources.of(who, lambda: _Source(who))
        source.opened.append((now, target, flow))
        source.row = row
        if len(self._newly) < MAX_SUBJECTS:  # of a recording, whose end looks at all, nobody takes them out
            self._newly[who] = None
        yield from self._look(source, now)

    def ended(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        source = self._sources.get(subject(row))
        return () if source is None else self._look(source, now)

    def ticked(self, now: int) -> Iterable[Finding]:
        """See Detector: a scan may be the last that is heard of anybody."""
        for who in list(self._newly):
            source = self._sources.get(who)
            if source is not None and source.opened and now - source.opened[-1][0] < SETTLE_NS:
                continue
            del self._newly[who]
            if source is not None:
                yield from self._look(source, now)

    def finish(self, now: int) -> Iterable[Finding]:
        """See Detector."""
        for source in self._sources.values():
            yield from self._look(source, now + SETTLE_NS)

    def _look(self, source: _Source, now: int) -> Iterator[Finding]:
        """At most once a second: what the source has tried."""
        oldest = now - round(self.settings["window"] * SECOND)
        while source.opened and source.opened[0][0] < oldest:
            source.opened.popleft()
        least = min(self.settings[name] for name in ("ports", "hosts", "block"))
        if len(source.opened) < least or now - source.looked < SETTLE_NS:
            return
        source.looked = now
        pairs = {
            (target, flow.dport): flow
            for at, target, flow in source.opened
            if at <= now - SETTLE_NS and flow.app not in PEER_TO_PEER
        }
        told = False
        for kind, what, count in self._shapes(pairs):
            if not told or kind != "block":
                told = told or count > 0
                yield from self._tell(source, kind, what, pairs, now)

    def _shapes(self, pairs: dict[tuple[str, int], Flow]) -> Iterator[tuple[str, str, int]]:
        """(kind, host or port, how many) of what is large enough."""
        for what, count in Counter(target for target, _ in pairs).items():
            if count >= self.settings["ports"]:
                yield "vertical", what, count
        for port, count in Counter(port for _, port in pairs).items():
            if count >= self.settings["hosts"]:
                yield "horizontal", str(port), count
        several = len({host for host, _ in pairs}) > 1 and len({port for _, port in pairs}) > 1
        if several and len(pairs) >= self.settings["block"]:
            yield "block", "", len(pairs)

    def _tell(
        self, source: _Source, kind: str, what: str, every: dict[tuple[str, int], Flow], now: int
    ) -> Iterator[Finding]:
        pairs = [(*pair, flow) for pair, flow in every.items() if what in {"", pair[0], str(pair[1])}]
        failed = sum(not answered(flow) for *_, flow in pairs) / len(pairs)
        last = source.told.get((kind, what))
        if failed < self.settings["failed"] or (
            last is not None and now - last < self.settings["quiet"] * SECOND
        ):
            return
        source.told[kind, what] = now
        hosts, ports = len({host for host, *_ in pairs}), len({port for _, port, _ in pairs})
        times = [flow.first for *_, flow in pairs]
        yield self.found(
            f"{kind} scan: {several(ports, 'port')} of {several(hosts, 'host')}, "
            f"{failed:.0%} without an answer",
            now=now, row=source.row, source=source.who.address,
            target=what if kind == "vertical" else several(hosts, "host"),
            port=int(what) if kind == "horizontal" else None,
            score=failed, scores=(("failed", failed), ("hosts", float(hosts)), ("ports", float(ports))),
            count=len(pairs), first=min(times), last=max(times),
            flows=[flow.flow_id for *_, flow in pairs[:MAX_EVIDENCE]],
        )  # fmt: skip
