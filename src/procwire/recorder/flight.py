"""The flight recorder of a watch: rings in memory, and incidents that are frozen from them.

``freeze`` only notes a wish: a signal handler may call it; ``tick`` carries it out. Of one reason there
is one incident at a time, which another trigger prolongs; of different ones there may be several.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from procwire.capture.encode import run_end
from procwire.dpi.registry import registry
from procwire.model.finding import FINDINGS as FINDING_TABLE
from procwire.model.finding import SEVERITIES, Finding
from procwire.model.frames import FrameBatch
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS as FLOW_TABLE
from procwire.model.values import time_text
from procwire.recorder import clocks
from procwire.recorder.incident import (
    FINDINGS,
    FLOWS,
    OBSERVATIONS,
    OWNERS,
    PROCESSES,
    Incident,
    Reason,
    machine,
)
from procwire.recorder.kin import KIN, Kin
from procwire.recorder.noted import Known, Notes, Observed, lines
from procwire.recorder.owners import owner_lines, processes
from procwire.recorder.scribe import Scribe
from procwire.recorder.track import Block, Numbers, Ring
from procwire.recorder.vault import Vault
from procwire.recorder.wishes import Wishes

MAX_OPEN = 8  # incidents that are recorded at once
MAX_WISHES = 64  # triggers between two ticks; further ones say nothing new
LOOK_NS = 1_000_000_000  # from one reading of what the kernel lost to the next
LATE_NS = 1_000_000_000  # packets that came before a moment may still be in a kernel's ring so much later


class Flight:
    """``take`` runs of frames, ``tick`` some times a second, ``close`` at the end."""

    def __init__(self, wishes: Wishes, vault: Vault, numbers: Numbers, notes: Notes) -> None:
        self.notes = notes
        self.frozen: list[Incident] = []
        self.refused = 0  # triggers for which there were too many incidents
        self.armed = True
        self.processes: Callable[[], Iterable[Mapping[str, Any]] | None] = tuple  # as they are; None: to come
        self.awaited = False  # detectors may speak when all is over: then who asked for them closes
        self._closed = False
        self._end: tuple[int, dict[str, int]] = (0, {})
        self._wishes = wishes
        self._vault = vault
        self._numbers = numbers
        self._scribe = Scribe()
        self._rings = [Ring(track, numbers, self._sealed) for track in wishes.record]
        self._ring_of: dict[int, Ring | None] = {}
        self._open: list[Incident] = []
        self._triggers: deque[Reason] = deque(maxlen=MAX_WISHES)
        self._observed = Observed(registry().tables())
        self._kin = Kin()
        self._clocks = clocks.read()
        self._idle_to = 0  # when it was last known to record nothing
        self._losses: deque[tuple[int, Mapping[str, int]]] = (
            deque()
        )  # of each second, since the oldest window

    def take(self, batch: FrameBatch, row: int, until: int) -> None:
        """Rows of a batch."""
        if not self.armed:
            return
        while row < until:
            end = run_end(batch, row, until)
            ring = self._ring(batch.interface[row])
            if ring is not None:
                ring.take(batch, row, end)
            row = end

    def freeze(self, reason: Reason) -> None:
        """Keep what is there, and what comes next. From any thread, or a signal handler."""
        self._triggers.append(reason)

    def arm(self, armed: bool) -> None:
        """Record, or only keep what is there. From any thread, or a signal handler."""
        self.armed = armed

    def tick(self, now: int, dropped: Callable[[], Mapping[str, int]]) -> None:
        """Begin and end incidents; ``dropped``: frames that the kernel lost, by interface."""
        for ring in self._rings:
            ring.tick(now)
        self.notes.forget(now, min((each.reach for each in self._open), default=now))
        self._look(now, dropped)
        self._kin.look(now, self.processes)
        if not self.armed:
            self._idle_to = now
        while self._triggers:
            self._trigger(self._triggers.popleft(), now)
        for incident in [each for each in self._open if now >= each.until + LATE_NS]:
            self._finish(incident, now, dropped())

    def rest(self, now: int, dropped: Mapping[str, int]) -> None:
        """No packet will come any more; but where ``awaited``, somebody may still have a reason to freeze."""
        self._end = now, dict(dropped)
        if not self.awaited:
            self.close()

    def close(self) -> None:
        """End every incident with what there is, and wait for the disk; may be called twice."""
        if self._closed:
            return
        self._closed = True
        now, dropped = self._end
        while self._triggers:
            self._trigger(self._triggers.popleft(), now)
        for incident in list(self._open):
            if now < incident.until:
                incident.lacking.append("the watch ended before the time after the trigger was over")
            self._finish(incident, now, dropped)
        self._scribe.close()
        self._vault.close()

    def _look(self, now: int, dropped: Callable[[], Mapping[str, int]]) -> None:
        if not self._losses or now - self._losses[-1][0] >= LOOK_NS:
            self._losses.append((now, dict(dropped())))
        oldest = min([now, *(each.until for each in self._open)]) - self.notes.span_ns - LOOK_NS
        while len(self._losses) > 1 and self._losses[1][0] < oldest:
            self._losses.popleft()

    def _lost_since(self, first: int, dropped: Mapping[str, int]) -> dict[str, int]:
        """Frames that the kernel lost by now, but not by ``first``."""
        before: Mapping[str, int] = {}
        for moment, counts in self._losses:
            if moment > first:
                break
            before = counts
        return {name: count - before.get(name, 0) for name, count in dropped.items()}

    def _ring(self, index: int) -> Ring | None:
        """The first ring for this very interface, else for all."""
        if index not in self._ring_of:
            interfaces = self._numbers.interfaces
            name = interfaces[index].name if index < len(interfaces) else ""
            own = [ring for ring in self._rings if ring.wish.interface == name]
            own += [ring for ring in self._rings if not ring.wish.interface]
            self._ring_of[index] = own[0] if own else None
        return self._ring_of[index]

    def _trigger(self, reason: Reason, now: int) -> None:
        until = now + self._wishes.after_ns
        for incident in self._open:
            if incident.kind == (reason.kind, reason.name):
                incident.again(reason, until)
                return
        if len(self._open) >= MAX_OPEN:
            self.refused += 1
            return
        self._begin(reason, now, until)

    def _begin(self, reason: Reason, now: int, until: int) -> None:
        incident = Incident(self._vault, self._scribe, self._name(reason, now), reason)
        moment = min(now, reason.time) if reason.kind == "finding" else now  # it may be found much later
        incident.first, incident.until = moment - self._wishes.before_ns, until
        for ring in self._rings:
            ring.seal()
        incident.begin(self._head(incident))
        blocks = [block for ring in self._rings for block in ring.since(incident.first)]
        if any(ring.aged_packets and ring.aged_to >= incident.first for ring in self._rings):
            incident.lacking.append("the recorder did not reach back so far: its bounds are too small")
        incident.reach = min([incident.first, *(block.first for block in blocks)])
        for block in sorted(blocks, key=lambda each: each.first):
            incident.add(block, self._numbers)
        self._open.append(incident)
        self._kin.hurry()

    def _name(self, reason: Reason, now: int) -> str:
        moment = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now // 1_000_000_000))
        what = reason.name or reason.kind
        safe = "".join(letter if letter.isalnum() else "-" for letter in what)[:32]
        return f"{moment}.{now // 1_000_000 % 1000:03}Z-{safe}"

    def _sealed(self, block: Block) -> None:
        for incident in self._open:
            incident.add(block, self._numbers)

    def _finish(self, incident: Incident, now: int, dropped: Mapping[str, int]) -> None:
        for ring in self._rings:
            ring.seal()
        self._open.remove(incident)
        self.frozen.append(incident)
        if not self.armed or self._idle_to >= incident.first:
            incident.lacking.append("the recorder was not armed all the time")
        known = self.notes.since(incident.reach)
        lost = self._lost_since(incident.first, dropped)
        head = self._head(incident) | {
            "until": time_text(now),
            "drops": lost,
            "unkept": known.unkept,
        }
        incident.finish(self._facts(known), head, [lost.get(name, 0) for name in self._numbers.names])

    def _facts(self, known: Known) -> dict[str, Iterable[bytes]]:
        context = self.notes.context
        return {
            PROCESSES: lines(KIN, list(self._kin.tree(processes(flow.owner for flow in known.flows)))),
            OWNERS: owner_lines(known.flows),
            FLOWS: lines(FLOW_TABLE, (FlowRow(flow, context) for flow in known.flows)),
            OBSERVATIONS: self._observed.lines(known.observations, context),
            FINDINGS: lines(FINDING_TABLE, known.findings),
        }

    def _head(self, incident: Incident) -> dict[str, Any]:
        return {
            "since": time_text(incident.first),
            "trigger": time_text(incident.reasons[0].time),
            "interfaces": list(dict.fromkeys(self._numbers.names)),
            "cut": max((ring.wish.most for ring in self._rings), default=0),
            **machine(self._clocks),
        }


class Freezer:
    """Freezes on findings: of a severity at least, or of named detectors and rules."""

    def __init__(self, flight: Flight, wanted: Iterable[str]) -> None:
        self._flight = flight
        named = set(wanted)
        levels = [SEVERITIES.index(word) for word in named if word in SEVERITIES]
        self._least = min(levels, default=len(SEVERITIES))
        self._names = named - set(SEVERITIES)

    def found(self, finding: Finding) -> None:
        """A detector spoke."""
        self._flight.notes.found(finding)
        severe = finding.severity in SEVERITIES and SEVERITIES.index(finding.severity) >= self._least
        if severe or finding.detector in self._names:
            self._flight.freeze(
                Reason(
                    time=finding.time,
                    kind="finding",
                    name=finding.detector,
                    severity=finding.severity,
                    detail=finding.detail,
                )
            )
