"""A QUIC stream's bytes in order out of frames that come in any, again, or overlapping (RFC 9000 2.2).

The first copy of a byte counts. At most MAX_PENDING_BYTES wait for a hole to be filled; beyond it the hole is
given up, so that a lost packet delays a stream but never wedges it.
"""

from __future__ import annotations

from heapq import heappop, heappush

MAX_PENDING_BYTES = 1 << 18
MAX_PIECES = 1024

Piece = tuple[int, bytes]  # bytes missing before it, bytes


class Ordered:
    """One direction of one stream; ``final`` is its length once that is known, else -1."""

    __slots__ = ("_pending", "_starts", "final", "lost", "offset", "waiting_bytes")

    def __init__(self) -> None:
        self._pending: dict[int, bytes] = {}
        self._starts: list[int] = []  # of what waits: a heap
        self.waiting_bytes = 0
        self.offset = 0  # of the next byte to be given
        self.final = -1
        self.lost = 0

    @property
    def ended(self) -> bool:
        """Whether every byte up to the end was given."""
        return 0 <= self.final <= self.offset

    def add(self, offset: int, data: bytes, *, fin: bool = False) -> list[Piece]:
        """What can be given now: (0, bytes) or, behind a hole that was given up, (its size, bytes)."""
        end = offset + len(data)
        if fin:
            self.final = end
        if end <= self.offset:
            return []
        if offset <= self.offset:
            fresh = data[self.offset - offset :]
            self.offset = end
            return [(0, fresh), *self._follow()] if self._pending else [(0, fresh)]
        self._wait(offset, data)
        if self.waiting_bytes > MAX_PENDING_BYTES or len(self._pending) > MAX_PIECES:
            return self.give_up()
        return []

    def give_up(self) -> list[Piece]:
        """Do not wait for the first hole any longer."""
        if not self._pending:
            return []
        start = self._starts[0]
        missing = max(0, start - self.offset)
        self.lost += missing
        self.offset = max(self.offset, start)
        pieces = self._follow()
        return [(missing, pieces[0][1]), *pieces[1:]] if pieces else []

    def _wait(self, offset: int, data: bytes) -> None:
        known = self._pending.get(offset, b"")
        if len(data) <= len(known):
            return
        if not known:
            heappush(self._starts, offset)
        self._pending[offset] = data
        self.waiting_bytes += len(data) - len(known)

    def _follow(self) -> list[Piece]:
        found: list[Piece] = []
        while self._starts and self._starts[0] <= self.offset:
            start = heappop(self._starts)
            data = self._pending.pop(start)
            self.waiting_bytes -= len(data)
            if start + len(data) > self.offset:
                found.append((0, data[self.offset - start :]))
                self.offset = start + len(data)
        return found
