"""Buffers and batches for a reader: what frames lie in, and when it is used again.

Either in turn, after a number of others, or once whoever took a batch has given it back, in any order and
from any thread. Refuses to bound what is lent: who keeps batches sees in ``bytes`` how much that is.
"""

from __future__ import annotations

import threading
from typing import Protocol

from procwire.disk.pages import pages
from procwire.model.frames import FrameBatch

Buffer = bytearray | memoryview


class Shelf(Protocol):
    """Where a reader has its memory from."""

    def buffer(self, size: int, *, instead: bool = False) -> Buffer:
        """Of ``size`` bytes: for frames to come. ``instead``: of the last one, of which nothing was lent."""

    def left(self, buffer: Buffer) -> None:
        """The reader writes no more into this one."""

    def batch(self) -> FrameBatch:
        """For rows to come."""

    def lend(self, batch: FrameBatch) -> None:
        """The batch is handed out, with the buffer that it points into."""


class Turns:
    """Each is used again after ``lives - 1`` others."""

    def __init__(self, *, rows: int, lives: int) -> None:
        self._batches = [FrameBatch(b"", rows) for _ in range(lives)]
        self._buffers = [bytearray()] * lives
        self._batch = self._buffer = 0

    def buffer(self, size: int, *, instead: bool = False) -> Buffer:
        """See Shelf."""
        if not instead:
            self._buffer = (self._buffer + 1) % len(self._buffers)
        found = self._buffers[self._buffer]
        if len(found) != size:  # the first turn, a giant record, or one that is behind us
            found = self._buffers[self._buffer] = bytearray(size)
        return found

    def left(self, buffer: Buffer) -> None:
        """See Shelf."""

    def batch(self) -> FrameBatch:
        """See Shelf."""
        self._batch = (self._batch + 1) % len(self._batches)
        return self._batches[self._batch]

    def lend(self, batch: FrameBatch) -> None:
        """See Shelf."""


class Lending:
    """Each is used again once all who have it gave it back: the reader, and who took batches.

    What is given back last is taken first, as it may still be in the processor's caches.
    """

    def __init__(self, *, size: int, rows: int) -> None:
        self.bytes = 0  # of the buffers that are in use
        self._size, self._rows = size, rows
        self._batches: list[FrameBatch] = []
        self._buffers: list[Buffer] = []
        self._users: dict[int, int] = {}  # by the buffer's id, which lives as long as it is in use
        self._lock = threading.Lock()

    def buffer(self, size: int, *, instead: bool = False) -> Buffer:
        """See Shelf; the last one is let go when it is left, whatever was lent of it."""
        del instead
        with self._lock:
            spare = self._buffers if size == self._size else None
            found = spare.pop() if spare else pages(size)[:size]
            self._users[id(found)] = 1
            self.bytes += size
        return found

    def left(self, buffer: Buffer) -> None:
        """See Shelf."""
        with self._lock:
            self._let_go(buffer)

    def batch(self) -> FrameBatch:
        """See Shelf."""
        with self._lock:
            return self._batches.pop() if self._batches else FrameBatch(b"", self._rows)

    def lend(self, batch: FrameBatch) -> None:
        """See Shelf."""
        with self._lock:
            self._users[id(batch.buffer)] += 1

    def give_back(self, batch: FrameBatch) -> None:
        """Nobody reads its frames or rows any more."""
        with self._lock:
            buffer, batch.buffer = batch.buffer, b""
            self._batches.append(batch)
            self._let_go(buffer)

    def _let_go(self, buffer: Buffer) -> None:
        self._users[id(buffer)] -= 1
        if self._users[id(buffer)]:
            return
        del self._users[id(buffer)]
        self.bytes -= len(buffer)
        if len(buffer) == self._size:
            self._buffers.append(buffer)
