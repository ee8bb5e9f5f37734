# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Several runs of frames made into one, by time.

The frame with the earliest time among the heads of all files comes next; equal times go by the order of the
files. Within one file the order is never changed, so a file that is out of order itself stays so. Frames are
copied into buffers of the merge's own. Memory: FILE_CHUNK and FILE_ROWS per file (three times as much while
one has a giant record), and three batches of OUT_BYTES. Refuses to sort, and to hold any file whole.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

import cython

if cython.compiled:
    from cython.cimports.procwire.model.frames import FrameBatch
else:
    from procwire.model.frames import FrameBatch

MAX_MERGED = 256  # files: descriptors, and 40 MiB of buffers
FILE_CHUNK = 128 << 10
FILE_ROWS = 512
OUT_BYTES = 1 << 20
OUT_ROWS = 4096
LIVES = 3  # a batch stays valid until two more were taken

_LAST = (1 << 63) - 1


_NOTHING = FrameBatch(b"", 1)


class _Head:
    """One run and its next row."""

    def __init__(self, run: Iterator[FrameBatch]) -> None:
        self.run = run
        self.batch = _NOTHING
        self.row = 0

    def advance(self) -> bool:
        """Whether there is a next row, fetching a batch for it if need be."""
        while self.row >= self.batch.count:
            self.batch = next(self.run, _NOTHING)
            self.row = 0
            if self.batch is _NOTHING:
                return False
        return True

    def time(self) -> int:
        """Of the next row."""
        return self.batch.time[self.row]


class _Out:
    """The batch that is being filled."""

    def __init__(self) -> None:
        self.ring = [FrameBatch(bytearray(OUT_BYTES), OUT_ROWS) for _ in range(LIVES)]
        self.turn = 0
        self.used = 0

    @property
    def batch(self) -> FrameBatch:
        return self.ring[self.turn]

    def fresh(self) -> None:
        """Go to the next batch of the ring."""
        self.turn = (self.turn + 1) % LIVES
        self.used = 0
        self.batch.count = 0
        if len(self.batch.buffer) != OUT_BYTES:
            self.batch.buffer = bytearray(OUT_BYTES)

    def widen(self, size: int) -> None:
        """Room for one giant frame in an empty batch."""
        if size > OUT_BYTES:
            self.batch.buffer = bytearray(size)


def merged(runs: Sequence[Iterator[FrameBatch]]) -> Iterator[FrameBatch]:
    """One run of all. A batch stays valid until two more were taken; ``first`` is the caller's to set."""
    heads = [_Head(run) for run in runs]
    heap = [(head.time(), number) for number, head in enumerate(heads) if head.advance()]
    heapq.heapify(heap)
    out = _Out()
    while heap:
        _, number = heap[0]
        head = heads[number]
        until = _bound(heap, number)
        while head.advance() and head.time() <= until:
            head.row, out.used = take(head.batch, head.row, until, out.batch, out.used)
            if head.row < head.batch.count and head.time() <= until:  # it did not fit
                if out.batch.count:
                    yield out.batch
                    out.fresh()
                out.widen(head.batch.captured[head.row])
        if head.advance():
            heapq.heapreplace(heap, (head.time(), number))
        else:
            heapq.heappop(heap)
    if out.batch.count:
        yield out.batch


def _bound(heap: list[tuple[int, int]], number: int) -> int:
    """The last time up to which this run goes before all others."""
    others = heap[1:3]  # the second smallest is a child of the root
    if not others:
        return _LAST
    time, other = min(others)
    return time if number < other else time - 1


def take(
    source: FrameBatch, row: cython.int, until: cython.longlong, target: FrameBatch, used: cython.longlong
) -> tuple[int, int]:
    """Copy rows whose time is not after ``until``, while they fit; returns the next row, the bytes used."""
    data: cython.uchar[::1] = source.buffer
    room: cython.uchar[::1] = target.buffer
    size: cython.longlong = len(target.buffer)
    start: cython.longlong
    length: cython.longlong
    to: cython.int = target.count
    while row < source.count and to < target.capacity and source.time[row] <= until:
        start = source.offset[row]
        length = source.captured[row]
        if used + length > size:
            break
        room[used : used + length] = data[start : start + length]
        target.offset[to] = used
        target.captured[to] = source.captured[row]
        target.wire[to] = source.wire[row]
        target.time[to] = source.time[row]
        target.link[to] = source.link[row]
        target.interface[to] = source.interface[row]
        target.flags[to] = source.flags[row]
        target.segments[to] = source.segments[row]
        used += length
        to += 1
        row += 1
    target.count = to
    return row, used
