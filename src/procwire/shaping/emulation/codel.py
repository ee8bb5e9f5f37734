"""CoDel, the controlled delay AQM: RFC 8289 section 5, with its names. Pure.

With ``ecn`` a packet whose sender takes part is marked where another would be dropped (RFC 8289 section 3.1
drops; RFC 3168 section 5 says that a mark stands for a drop).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from procwire.shaping.emulation.packet import marked
from procwire.shaping.emulation.waiting import Held, Waiting

TARGET_NS = 5_000_000  # RFC 8289 section 4.4
INTERVAL_NS = 100_000_000  # section 4.3
MAX_PACKET_BYTES = 1500
_AGAIN_SOON = 16  # intervals; section 5.6


@dataclass(frozen=True, slots=True)
class CodelPlan:
    """How long packets may wait, and for how long longer than that, before one is dropped."""

    target_ns: int = TARGET_NS
    interval_ns: int = INTERVAL_NS
    ecn: bool = False


class Codel:
    """The state of one queue. ``dropped`` and ``marked`` count what it did."""

    def __init__(self, plan: CodelPlan) -> None:
        self.plan = plan
        self.dropped = 0
        self.marked = 0
        self._count = 0
        self._last_count = 0
        self._dropping = False
        self._first_above = 0
        self._drop_next = 0

    def pull(self, waiting: Waiting, now: int) -> Held | None:
        """The packet to send next; those before it that had to go are gone. ``deque`` of the RFC."""
        held, ok_to_drop = self._take(waiting, now)
        if self._dropping:
            self._dropping = ok_to_drop
            while self._dropping and now >= self._drop_next:
                self._count += 1
                if self._mark(held):
                    self._drop_next = self._law(self._drop_next)
                    break
                held, ok_to_drop = self._take(waiting, now)
                self._dropping = ok_to_drop
                if ok_to_drop:
                    self._drop_next = self._law(self._drop_next)
        elif ok_to_drop:
            if not self._mark(held):
                held, _ = self._take(waiting, now)
            self._begin(now)
        return held

    def _begin(self, now: int) -> None:
        """Enter the dropping state, at the pace at which it was left if that was not long ago."""
        self._dropping = True
        delta = self._count - self._last_count
        soon = now - self._drop_next < _AGAIN_SOON * self.plan.interval_ns
        self._count = delta if delta > 1 and soon else 1
        self._drop_next = self._law(now)
        self._last_count = self._count

    def _take(self, waiting: Waiting, now: int) -> tuple[Held | None, bool]:
        """``dodequeue``: the next packet, and whether packets have waited too long for a whole interval."""
        held = waiting.pull()
        if held is None:
            self._first_above = 0
            return None, False
        if now - held.arrived < self.plan.target_ns or waiting.bytes <= MAX_PACKET_BYTES:
            self._first_above = 0
            return held, False
        if self._first_above == 0:
            self._first_above = now + self.plan.interval_ns
            return held, False
        return held, now >= self._first_above

    def _mark(self, held: Held | None) -> bool:
        """Mark instead of dropping, or count the drop."""
        data = marked(held.data) if held is not None and self.plan.ecn else None
        if held is None or data is None:
            self.dropped += 1
            return False
        held.data = data
        self.marked += 1
        return True

    def _law(self, since: int) -> int:
        return since + int(self.plan.interval_ns / sqrt(self._count))
