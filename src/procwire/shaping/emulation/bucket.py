"""A rate, paid when a packet leaves: a token bucket in whole bit-nanoseconds. Pure.

netem decides when a packet comes how long it will take (``sch_netem.c``), so a lower rate does not slow what
already waits. Here a packet is paid for while it is at the head of the queue, at whatever the rate is then.
"""

from __future__ import annotations

SECOND = 1_000_000_000


class Bucket:
    """``burst_bytes`` is what an idle link may save up; 0 is a wire, on which every packet takes its time."""

    def __init__(self, rate: int, burst_bytes: int = 0, *, now: int = 0) -> None:
        self._credit = burst_bytes * 8 * SECOND
        self._rate = rate
        self._burst = burst_bytes * 8 * SECOND
        self._since = now

    def change(self, rate: int, burst_bytes: int, *, now: int) -> None:
        """Go on at another rate; what was paid so far counts."""
        self._earn(now)
        self._rate = rate
        self._burst = burst_bytes * 8 * SECOND

    def idle(self, now: int) -> None:
        """Nothing waits: only the burst is saved."""
        self._earn(now)
        self._credit = min(self._credit, self._burst)

    def when(self, size: int) -> int | None:
        """When the packet at the head, of ``size`` bytes, will have been paid for; None at a rate of 0."""
        missing = size * 8 * SECOND - self._credit
        if missing <= 0:
            return self._since
        if self._rate <= 0:
            return None
        return self._since - (-missing // self._rate)

    def pay(self, size: int, *, now: int) -> None:
        """The packet leaves."""
        self._earn(now)
        self._credit -= size * 8 * SECOND

    def _earn(self, now: int) -> None:
        if now > self._since:
            self._credit += (now - self._since) * self._rate
            self._since = now
