"""Packets that the kernel's programs hand on, out of a BPF ring buffer, as frames.

The programs choose what is handed on and count the rest (``bpf/account.bpf.c``); this reads their ring by
memory that is shared with the kernel, and gives room back when a batch is released. Frames begin with the IP
header.
Refuses to load programs: it is given the ring's descriptor.
"""

from __future__ import annotations

import contextlib
import mmap
import select
import struct
import time
from collections import deque

from procwire.capture.source import CaptureError
from procwire.capture.spool import Spool
from procwire.model.frames import FrameBatch

KEPT_BATCHES = 2  # batches stay valid until so many more have been taken
BATCH_ROWS = 1024
OFFSET_TRIES = 3
_POSITION = struct.Struct("=Q")


class Tap:
    """One ring buffer of ``size`` bytes behind ``descriptor``, which stays the caller's. For one thread."""

    def __init__(self, descriptor: int, size: int) -> None:
        page = mmap.PAGESIZE
        try:
            self._consumed = mmap.mmap(descriptor, page)
            self._memory = mmap.mmap(descriptor, page + 2 * size, prot=mmap.PROT_READ, offset=page)
        except OSError as error:
            raise CaptureError("ring buffer", None, error.strerror or str(error)) from error
        self._spool = Spool(self._memory, page, size)
        self._out: deque[tuple[FrameBatch, int]] = deque()  # batches with the position behind them
        self._free: deque[FrameBatch] = deque()
        self._poll = select.epoll()
        self._poll.register(descriptor, select.EPOLLIN)
        self._next = int(_POSITION.unpack_from(self._consumed)[0])
        self._spool.begin(self._next)
        self.taken_bytes = 0  # captured bytes of the batch that was taken last
        self.synchronise()

    def __enter__(self) -> Tap:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def place(self, index: int, number: int, *, head: int, loopback: bool) -> None:
        """Frames of the kernel's interface ``index`` are of ``number``, on the wire ``head`` bytes longer."""
        self._spool.place(index, number, head=head, loopback=loopback)

    def synchronise(self) -> int:
        """Compare the kernel's monotonic clock with the wall clock anew; returns the difference in ns."""
        best: tuple[int, int] | None = None
        for _ in range(OFFSET_TRIES):
            before = time.monotonic_ns()
            wall = time.time_ns()
            after = time.monotonic_ns()
            if best is None or after - before < best[0]:
                best = (after - before, wall - (before + after) // 2)
        assert best is not None
        self._spool.offset = best[1]
        return best[1]

    def stepped(self, by: int) -> bool:
        """Whether the wall clock was set since, by more than so many ns."""
        return abs(time.time_ns() - time.monotonic_ns() - self._spool.offset) > by

    @property
    def torn(self) -> int:
        """Records that made no sense; always 0 on a sane kernel."""
        return self._spool.torn

    def listen(self, descriptor: int) -> None:
        """Let ``wait`` return, too, when this one is readable."""
        self._poll.register(descriptor, select.EPOLLIN)

    def wait(self, seconds: float) -> None:
        """Sleep until the kernel says that something is waiting, or until the time is over."""
        if self._next == self._produced():
            self._poll.poll(seconds)

    def take(self) -> FrameBatch | None:
        """The records that are there, up to BATCH_ROWS; None where there are none."""
        produced = self._produced()
        if produced == self._next:
            return None
        batch = self._free.popleft() if self._free else FrameBatch(self._memory, BATCH_ROWS)
        batch.count = 0
        self._next = self._spool.fill(batch, produced)
        self.taken_bytes = self._spool.filled_bytes
        self._out.append((batch, self._next))
        while len(self._out) > KEPT_BATCHES:
            self._give_back()
        if batch.count:
            return batch
        self.release(batch)
        return None

    def release(self, batch: FrameBatch) -> bool:
        """Give a batch's room back early, and that of those before it; False where it is not one of these."""
        if not any(held is batch for held, _ in self._out):
            return False
        while self._give_back() is not batch:
            pass
        return True

    @property
    def waiting(self) -> int:
        """Bytes of records that are there to be taken."""
        return self._produced() - self._next

    def close(self) -> None:
        """Let go of the memory; may be called twice."""
        if self._poll.closed:
            return
        self._poll.close()
        self._spool.close()
        for batch in (*self._free, *(held for held, _ in self._out)):
            batch.buffer = b""
        self._free.clear()
        self._out.clear()
        self._consumed.close()
        with contextlib.suppress(BufferError):
            self._memory.close()

    def _produced(self) -> int:
        return int(_POSITION.unpack_from(self._memory)[0])

    def _give_back(self) -> FrameBatch:
        batch, position = self._out.popleft()
        _POSITION.pack_into(self._consumed, 0, position)
        self._free.append(batch)
        return batch
