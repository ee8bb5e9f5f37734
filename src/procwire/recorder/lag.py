"""How far behind its reading a bundle's packets are written: until what is said of their flows is known.

A comment stands at a flow's first packet. So a batch waits until every flow that began by then is decided,
and a little longer, as a name may come after that; but never for long.
"""

from __future__ import annotations

from collections import deque

import msgspec

NEAR_BYTES = 8 << 20  # of packets: a disk is at work early, and a name has come that comes with an answer
FAR_BYTES = 64 << 20  # within which nearly every flow says what it is; more is a second wait


class _Mark(msgspec.Struct, frozen=True):
    """How much was read by the end of a batch, and the newest flow then."""

    size: int
    packets: int
    flow: int


class Lag:
    """Hears of flows, by their numbers, which grow, and of batches. One reader."""

    def __init__(self) -> None:
        self._waiting: dict[int, None] = {}  # flows that are not decided, the oldest first
        self._newest = 0
        self._marks: deque[_Mark] = deque()

    def opened(self, flow: int) -> None:
        """A flow began."""
        self._newest = flow
        self._waiting[flow] = None

    def settled(self, flow: int) -> None:
        """It is decided, or over."""
        self._waiting.pop(flow, None)

    def read(self, size: int, packets: int) -> int:
        """A batch was read, with which there are so many of both in all. How many packets may be written."""
        self._marks.append(_Mark(size, packets, self._newest))
        until = 0
        oldest = next(iter(self._waiting), self._newest + 1)
        while self._marks and self._ripe(self._marks[0], size, oldest):
            until = self._marks.popleft().packets
        return until

    @staticmethod
    def _ripe(mark: _Mark, size: int, oldest: int) -> bool:
        since = size - mark.size
        return since >= FAR_BYTES or (since >= NEAR_BYTES and mark.flow < oldest)
