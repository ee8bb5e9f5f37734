# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Packet time as the flow table lives by it: it stands still where the packets' own time steps back.

Some packets are a little early or late, as they come from several queues: time waits for them. A step of
more than ``STEP`` is another recording, or a clock that was set: time goes on from there, and every flow's
life starts again. So what is over depends on a flow and on time alone, not on what other flows do.
Refuses to read a clock.
"""

from __future__ import annotations

import cython

from procwire.flows.limits import SECOND

STEP = cython.declare(cython.longlong, SECOND)
SWEEP_NS = cython.declare(cython.longlong, SECOND)


@cython.cclass
class Clock:
    """``now`` never falls; ``since`` is when packet time last stepped back."""

    now: cython.longlong
    since: cython.longlong
    high: cython.longlong  # the latest packet time since then
    swept: cython.longlong
    begun: cython.bint

    def __init__(self) -> None:
        self.now = self.since = self.high = self.swept = 0
        self.begun = False

    @cython.cfunc
    @cython.exceptval(check=False)
    def tell(self, time: cython.longlong) -> cython.bint:
        """A packet was seen at ``time``: is a sweep due, as it is once in a second?"""
        if time >= self.high:
            if not self.begun:
                self.begun = True
                self.now = self.since = self.high = self.swept = time
                return True
            self.now += time - self.high
            self.high = time
            if self.now - self.swept < SWEEP_NS:
                return False
            self.swept = self.now
            return True
        if time < self.high - STEP:
            self.high = time
            self.since = self.now
        return False

    @cython.cfunc
    @cython.exceptval(check=False)
    def of(self, time: cython.longlong) -> cython.longlong:
        """What this clock showed, or will show, at packet time ``time``."""
        return self.now + time - self.high


class Span:
    """Packet time as who feeds a table reads it: the ``first``, the ``last`` of all, and what it is ``now``.

    ``now`` waits for what is a little late, as the table's clock does, and steps back where that one does: a
    table that was told the latest time of all, after each packet of a clock that was set back, would find
    every flow silent for as long as the step was.
    """

    def __init__(self) -> None:
        self.first = self.last = self.now = 0

    def passed(self, first: int, last: int) -> int:
        """Packets passed, the first and the last of them at these times; what it is now."""
        self.first = self.first or first
        return self.reached(last)

    def reached(self, time: int) -> int:
        """It is that late; what it is now."""
        self.last = max(self.last, time)
        if time > self.now or time < self.now - STEP:
            self.now = time
        return self.now
