# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Several runs of frames made into one, by time.

The frame with the earliest time among the heads of all files comes next; equal times go by the order of the
files. Within one file the order is never changed, so a file that is out of order itself stays so. Frames are
copied into buffers of the merge's own. Memory: FILE_CHUNK and FILE_ROWS per file (three times as much while
one has a giant record), and three batches of OUT_BYTES. Refuses to sort, and to hold any file whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

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

_LAST = cython.declare(cython.longlong, (1 << 63) - 1)


@cython.cclass
class _Head:
    """One run and its next row, whose time is ``time``; ``over`` where there is none."""

    run: Any
    batch: FrameBatch
    data: cython.uchar[::1]
    row: cython.int
    time: cython.longlong
    over: cython.bint

    def __init__(self, run: Iterator[FrameBatch]) -> None:
        self.run = run
        self.batch = FrameBatch(b"", 1)
        self.row = 0
        self.time = 0
        self.over = False
        self.advance()

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def advance(self) -> cython.int:
        """Come to the next row, fetching a batch for it if need be."""
        while self.row >= self.batch.count:
            batch = next(self.run, None)
            if batch is None:
                self.over = True
                return 0
            self.batch = batch
            self.data = batch.buffer
            self.row = 0
        self.time = self.batch.time[self.row]
        return 0


_NOBODY = _Head(iter(()))


@cython.cclass
class _Out:
    """The batch that is being filled; ``used`` bytes of its room are."""

    ring: list[FrameBatch]
    turn: cython.int
    batch: FrameBatch
    room: cython.uchar[::1]
    size: cython.longlong
    used: cython.longlong

    def __init__(self) -> None:
        self.ring = [FrameBatch(bytearray(OUT_BYTES), OUT_ROWS) for _ in range(LIVES)]
        self.turn = -1
        self.fresh()

    @cython.ccall
    def fresh(self) -> object:
        """Go to the next batch of the ring."""
        self.turn = (self.turn + 1) % len(self.ring)
        self.batch = self.ring[self.turn]
        self.batch.count = 0
        if len(self.batch.buffer) != OUT_BYTES:
            self.batch.buffer = bytearray(OUT_BYTES)
        self.hold()
        return None

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def hold(self) -> cython.int:
        self.room = self.batch.buffer
        self.size = len(self.batch.buffer)
        self.used = 0
        return 0

    @cython.ccall
    def widen(self, size: cython.longlong) -> object:
        """Room for one giant frame in an empty batch."""
        if size > self.size:
            self.room = None  # lets go of the buffer
            self.batch.buffer = bytearray(size)
            self.hold()
        return None

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def take(self, head: _Head, until: cython.longlong) -> cython.int:
        """Copy rows whose time is not after ``until``, while they fit."""
        source: FrameBatch = head.batch
        target: FrameBatch = self.batch
        row: cython.int = head.row
        to: cython.int = target.count
        start: cython.longlong
        length: cython.longlong
        while row < source.count and to < target.capacity and source.time[row] <= until:
            start = source.offset[row]
            length = source.captured[row]
            if self.used + length > self.size:
                break
            self.room[self.used : self.used + length] = head.data[start : start + length]
            target.offset[to] = self.used
            target.captured[to] = source.captured[row]
            target.wire[to] = source.wire[row]
            target.time[to] = source.time[row]
            target.link[to] = source.link[row]
            target.interface[to] = source.interface[row]
            target.flags[to] = source.flags[row]
            target.segments[to] = source.segments[row]
            self.used += length
            to += 1
            row += 1
        target.count = to
        head.row = row
        return 0


def merged(runs: Sequence[Iterator[FrameBatch]]) -> Iterator[FrameBatch]:
    """One run of all. A batch stays valid until two more were taken; ``first`` is the caller's to set."""
    heads = [_Head(run) for run in runs]
    out = _Out()
    while fill(heads, out):
        yield out.batch
        out.fresh()
    if out.batch.count:
        yield out.batch


@cython.ccall
@cython.exceptval(-1, check=True)
def fill(heads: list[_Head], out: _Out) -> cython.bint:
    """Take frames in order until the batch is full; False where no more are left."""
    head: _Head
    first: _Head
    until: cython.longlong
    while True:
        first, until = _NOBODY, _LAST
        for head in heads:
            if head.over:
                continue
            if first.over:
                first = head
            elif head.time < first.time:  # those before it go first at equal times
                until = min(until, first.time - 1)
                first = head
            else:
                until = min(until, head.time)
        if first.over:
            return False
        out.take(first, until)
        if first.row < first.batch.count and first.batch.time[first.row] <= until:  # it did not fit
            if out.batch.count:
                return True
            out.widen(first.batch.captured[first.row])
        else:
            first.advance()
