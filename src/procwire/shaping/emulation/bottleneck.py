"""The narrow place of a path: a queue, what takes from it (a rate or a trace), and CoDel in between. Pure."""

from __future__ import annotations

from procwire.shaping.emulation.bucket import Bucket
from procwire.shaping.emulation.codel import Codel, CodelPlan
from procwire.shaping.emulation.trace import Opportunities
from procwire.shaping.emulation.waiting import Held, Waiting

Departure = tuple[int, Held]


class Bottleneck:
    """One queue and the packet that is being sent."""

    def __init__(self, server: Bucket | Opportunities, waiting: Waiting, codel: CodelPlan | None) -> None:
        self.server = server
        self.waiting = waiting
        self.codel = Codel(codel) if codel is not None else None
        self._sending: Held | None = None
        self._left = 0  # bytes of it that no opportunity has carried yet
        self._free = 0  # when the last packet had left

    def __len__(self) -> int:
        return len(self.waiting) + (self._sending is not None)

    def push(self, held: Held) -> bool:
        """Whether there was room. What was due by the packet's arrival must have been run before."""
        return self.waiting.push(held)

    def empty(self) -> list[Held]:
        """Take all that waits out of it."""
        held = [] if self._sending is None else [self._sending]
        self._sending = None
        while (one := self.waiting.pull()) is not None:
            held.append(one)
        return held

    def take_over(self, other: Bottleneck) -> None:
        """What waits at another waits here now, even where there is less room."""
        same = self.server is other.server
        self._free = other._free if same else 0
        if same:
            self._sending, other._sending = other._sending, None
        for held in other.empty():
            self.waiting.put(held)

    def due(self) -> int | None:
        """When something may leave; None where nothing waits."""
        if isinstance(self.server, Opportunities):
            return self.server.when() if len(self) else None
        if self._sending is not None:
            return self.server.when(self._sending.size)
        first = self.waiting.first()
        if first is None:
            return None
        self._begin(max(self._free, first.arrived))
        return self.due()

    def run(self, now: int) -> list[Departure]:
        """What left by ``now``, with the time at which it did."""
        if isinstance(self.server, Opportunities):
            return self._carry(self.server, now)
        gone: list[Departure] = []
        while (at := self.due()) is not None and at <= now:
            held = self._sending
            if held is None:  # CoDel dropped all that waited
                break
            self.server.pay(held.size, now=at)
            self._sending = None
            self._free = at
            gone.append((at, held))
            if not len(self.waiting):
                self.server.idle(at)
        return gone

    def _begin(self, at: int) -> None:
        """Take the next packet from the queue, when the link is free and it is there."""
        if isinstance(self.server, Bucket) and at > self._free:
            self.server.idle(at)
        self._sending = self._pull(at)

    def _pull(self, at: int) -> Held | None:
        return self.waiting.pull() if self.codel is None else self.codel.pull(self.waiting, at)

    def _carry(self, server: Opportunities, now: int) -> list[Departure]:
        gone: list[Departure] = []
        while server.when() <= now:
            if not len(self):
                server.skip(now)
                break
            at = server.take()
            while server.left:
                if self._sending is None:
                    self._sending = self._pull(at)
                    if self._sending is None:
                        server.waste()
                        break
                    self._left = self._sending.size
                used = min(server.left, self._left)
                server.left -= used
                self._left -= used
                if not self._left:
                    gone.append((at, self._sending))
                    self._sending = None
        return gone
