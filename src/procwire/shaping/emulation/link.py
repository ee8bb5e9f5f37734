"""One direction of an emulated path: packets in, packets out when their time has come. Pure.

In the order of a real path: what is lost, doubled or damaged is decided when a packet comes; it waits at the
bottleneck; it is under way for its delay; it leaves in a slot, if there are slots. The same packets at the
same times with the same seed have the same fate.
"""

from __future__ import annotations

import heapq
from dataclasses import replace

from procwire.shaping.emulation.bottleneck import Bottleneck
from procwire.shaping.emulation.bucket import Bucket
from procwire.shaping.emulation.conditions import Conditions, wire_bytes
from procwire.shaping.emulation.counts import Counts, Delays, Peak
from procwire.shaping.emulation.dice import Dice, seed_of
from procwire.shaping.emulation.fates import Fates
from procwire.shaping.emulation.outages import Outages
from procwire.shaping.emulation.packet import flipped, flow_of, marked
from procwire.shaping.emulation.slots import Slots
from procwire.shaping.emulation.trace import Opportunities
from procwire.shaping.emulation.waiting import MAX_PACKETS, Held, Waiting


class Link:
    """One direction. ``name`` and ``seed`` choose its streams of numbers."""

    def __init__(self, conditions: Conditions, *, seed: int, name: str, now: int) -> None:
        self.counts = Counts()
        self.delays = Delays(Dice(seed_of(seed, name, "samples")))
        self.peak = Peak()
        self._seed = seed_of(seed, name)
        self._generation = 0
        self._flying: list[tuple[int, int, Held]] = []  # by when they arrive
        self._number = 0
        self._last = 0  # when the latest packet arrives, where they keep their order
        self._blocked: list[Held] = []  # came while the path was down, and are held
        self._narrow: Bottleneck | None = None
        self.conditions = conditions
        self._outages = Outages(None, Dice(0), now=now)
        self._set(conditions, now)

    def change(self, conditions: Conditions, *, now: int) -> None:
        """Other conditions from now on. What is under way arrives as it would have; what waits, waits.

        Chains whose conditions stay go on; others begin anew.
        """
        self._run(now)
        before = self.conditions
        if replace(conditions, up=before.up) == before:
            self.conditions = conditions
            self._outages.link(up=conditions.up)
        else:
            self._generation += 1
            self._set(conditions, now)
        self._release(now)

    def offer(self, data: bytes, *, now: int) -> None:
        """A packet comes. What was due before it has left before it."""
        self._run(now)
        counts = self.counts
        counts.offered += 1
        counts.offered_bytes += len(data)
        flow = flow_of(data)
        fate = self._fates.of(flow)
        copies = 1
        effect = self.conditions.effect
        if fate.duplicates.hits(effect.duplicate):  # drawn before the loss, as netem_enqueue() does
            copies += 1
            counts.duplicated += 1
        if fate.loses():
            changed = marked(data) if effect.ecn else None
            if changed is None:
                copies -= 1
                counts.lost += 1
            else:
                data = changed
                counts.marked += 1
        for _ in range(copies):
            self._admit(data, flow, now)

    def due(self) -> int | None:
        """When to ask again; None where nothing is held that time alone would move."""
        times = []
        if self._flying:
            times.append(self._slots.open_at(self._flying[0][0]))
        if self._narrow is not None and (at := self._narrow.due()) is not None:
            times.append(at)
        if self._blocked and (at := self._outages.next_up()) is not None:
            times.append(at)
        return min(times) if times else None

    def collect(self, *, now: int) -> list[bytes]:
        """The packets that arrive by now, in the order in which they do."""
        self._run(now)
        arrived: list[bytes] = []
        flying, slots = self._flying, self._slots
        while flying and slots.open_at(flying[0][0]) <= now:
            at, _, held = heapq.heappop(flying)
            slots.use(held.size, at=slots.open_at(at))
            self.counts.passed += 1
            self.counts.passed_bytes += len(held.data)
            self.peak.add(held.size, now)
            self.delays.add(now - held.arrived)
            arrived.append(held.data)
        return arrived

    @property
    def held(self) -> int:
        """Packets that are waiting or under way."""
        narrow = len(self._narrow) if self._narrow is not None else 0
        return narrow + len(self._flying) + len(self._blocked)

    def clear(self) -> None:
        """Let go of all that is held; it is counted."""
        self.counts.cleared += self.held
        self._flying.clear()
        self._blocked.clear()
        self._narrow = None

    def _set(self, conditions: Conditions, now: int) -> None:
        self.conditions = conditions
        seed = seed_of(self._seed, str(self._generation))
        self._fates = Fates(conditions, seed, self.counts)
        self._slots = Slots(conditions.effect.slot, Dice(seed_of(seed, "slot")), now=now)
        self._outages = Outages(conditions.outage, Dice(seed_of(seed, "outage")), now=now)
        self._outages.link(up=conditions.up)
        self._narrow = self._bottleneck(conditions, now)

    def _bottleneck(self, conditions: Conditions, now: int) -> Bottleneck | None:
        """Another one takes over what waits at the one before; without one, all that waits leaves."""
        old, rate = self._narrow, conditions.effect.rate
        if rate is None and not conditions.trace:
            for held in old.empty() if old is not None else ():
                self._fly(held, now)
            return None
        if rate is None:
            server: Bucket | Opportunities = Opportunities(conditions.trace, now=now)
        elif old is not None and isinstance(old.server, Bucket):
            server = old.server
            server.change(rate.bits, rate.burst_bytes or 0, now=now)
        else:
            server = Bucket(rate.bits, rate.burst_bytes or 0, now=now)
        waiting = Waiting(conditions.queue_packets, conditions.queue_bytes)
        narrow = Bottleneck(server, waiting, conditions.codel)
        if old is not None:
            narrow.take_over(old)
        return narrow

    def _admit(self, data: bytes, flow: bytes, now: int) -> None:
        """One copy of a packet that is not lost by chance."""
        fate = self._fates.of(flow)
        if fate.corrupts.hits(self.conditions.effect.corrupt) and data:
            data = flipped(data, fate.where.below(len(data) * 8))
            self.counts.corrupted += 1
        if self.held >= min(self.conditions.limit or MAX_PACKETS, MAX_PACKETS):
            self.counts.limit_drops += 1
            return
        held = Held(data, wire_bytes(self.conditions.effect.rate, len(data)), now, flow)
        if self._outages.up:
            self._enter(held, now)
        elif self._outages.holds:
            self._blocked.append(held)
        else:
            self.counts.outage_drops += 1

    def _enter(self, held: Held, now: int) -> None:
        if self._narrow is None:
            self._fly(held, now)
        elif not self._narrow.push(held):
            self.counts.queue_drops += 1

    def _fly(self, held: Held, at: int) -> None:
        """It has left the bottleneck, and is under way."""
        fate = self._fates.of(held.flow)
        self._number += 1
        if fate.overtakes():
            self.counts.reordered += 1
            heapq.heappush(self._flying, (at, -self._number, held))  # ahead of all (netem_enqueue_skb_head)
            return
        arrives = at + fate.delay()
        delay = self.conditions.effect.delay
        if delay is not None and delay.keep_order:
            self._last = arrives = max(arrives, self._last)
        heapq.heappush(self._flying, (arrives, self._number, held))

    def _run(self, now: int) -> None:
        """Everything that happened by now, in its order."""
        self._outages.run(now)
        self._release(now)
        narrow = self._narrow
        if narrow is not None:
            for at, held in narrow.run(now):
                self._fly(held, at)
            if narrow.codel is not None:
                self.counts.marked += narrow.codel.marked
                self.counts.aqm_drops += narrow.codel.dropped
                narrow.codel.marked = narrow.codel.dropped = 0

    def _release(self, now: int) -> None:
        """What was held while the path was down comes now."""
        if self._blocked and self._outages.up:
            blocked, self._blocked = self._blocked, []
            for held in blocked:
                self._enter(held, now)
