# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The records of a BPF ring buffer (Documentation/bpf/ringbuf.rst) as frames: once-per-packet code.

Each record is a packet from its IP header on, with what the programs of ``bpf/account.bpf.c`` say of it.
Nothing is copied: rows point into the ring's memory, which the kernel maps twice in a row so that no record
is cut. Refuses to make system calls; ``tap`` does. Every offset is checked, although only the kernel writes.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.model import frames
from procwire.model.frames import column

if cython.compiled:
    from cython.cimports.procwire.model.frames import FrameBatch
else:
    from procwire.model.frames import FrameBatch

# struct bpf_ringbuf_hdr: length and two flags, page offset; records are aligned to eight bytes.
RING_HEAD_BYTES = 8
# struct record of account.bpf.c, before its data.
RECORD_BYTES = 32
LINKTYPE_RAW = 101
INDEXES = 65536  # of the kernel's interfaces that are told apart: a power of two
TRIES = 4  # places where one may stand; beyond, one that came before has to go
WHOLE = 2  # a record's origin: a packet that is not counted in the kernel

_BUSY = cython.declare(cython.uint, 1 << 31)
_DISCARD = cython.declare(cython.uint, 1 << 30)
_HEAD = cython.declare(cython.longlong, RING_HEAD_BYTES)
_RECORD = cython.declare(cython.longlong, RECORD_BYTES)
_RAW = cython.declare(cython.ushort, LINKTYPE_RAW)
_INDEXES = cython.declare(cython.uint, INDEXES)
_TRIES = cython.declare(cython.uint, TRIES)
_WHOLE = cython.declare(cython.int, WHOLE)
_IN = cython.declare(cython.int, frames.INBOUND)
_OUT = cython.declare(cython.int, frames.OUTBOUND)
_COUNTED = cython.declare(cython.int, frames.COUNTED)


@cython.cfunc
@cython.nogil
@cython.inline
@cython.exceptval(check=False)
def _place(index: cython.uint, step: cython.uint) -> cython.uint:
    """Where an interface may stand; never 0."""
    at: cython.uint = (index + step) & (_INDEXES - 1)
    return at or _INDEXES - 1


@cython.cclass
class Spool:
    """Reads one ring buffer: ``memory`` is its producer page and its data, mapped twice.

    ``offset`` (ns) is added to every record's time. ``torn`` counts records that did not fit, which no kernel
    should make. ``places`` gives each of the kernel's interface indexes the number and the marks of its rows.
    """

    words: cython.const[cython.uint][::1]  # type: ignore[valid-type]
    indexes: cython.uint[::1]  # whose each place is; nobody's is the first
    numbers: cython.ushort[::1]
    heads: cython.uchar[::1]
    local: cython.uchar[::1]
    data_at: cython.longlong  # offset of the first record in ``memory``
    size: cython.longlong  # of the ring, a power of two
    position: cython.longlong  # consumed so far, ever growing
    offset = cython.declare(cython.longlong, visibility="public")
    torn = cython.declare(cython.longlong, visibility="readonly")
    filled_bytes = cython.declare(cython.longlong, visibility="readonly")

    def __init__(self, memory: Any, data_at: int, size: int) -> None:
        if size & (size - 1) or data_at % 8 or len(memory) < data_at + 2 * size:
            raise ValueError("a ring buffer is a power of two, mapped twice")
        self.words = memoryview(memory).cast("B").cast("I")
        self.indexes = column("I", INDEXES)
        self.numbers = column("H", INDEXES)
        self.heads = column("B", INDEXES)
        self.local = column("B", INDEXES)
        self.data_at = data_at
        self.size = size
        self.position = 0
        self.offset = 0
        self.torn = 0
        self.filled_bytes = 0

    def place(self, index: cython.uint, number: int, *, head: int, loopback: bool) -> None:
        """Rows of the kernel's interface ``index`` are of the source's interface ``number``.

        On the wire they have ``head`` bytes more, of a link layer that is not in the record.
        """
        at: cython.uint = self._at(index)
        step: cython.uint = 0
        while at == 0 and step < _TRIES:
            at = _place(index, step)
            if self.indexes[at]:
                at = 0
            step += 1
        at = at or _place(index, 0)
        self.indexes[at] = index
        self.numbers[at] = number
        self.heads[at] = head
        self.local[at] = loopback

    def begin(self, position: int) -> None:
        """Read on from this position."""
        self.position = position

    def fill(self, batch: FrameBatch, until: int) -> int:
        """Append records below the producer's position ``until`` as rows; returns the position reached."""
        self.filled_bytes = 0
        end: cython.longlong = until
        with cython.nogil:
            self._walk(batch, end)
        return self.position

    def close(self) -> None:
        """Let go of the memory."""
        self.words = memoryview(bytes(4)).cast("I")
        self.size = 0

    @cython.cfunc
    @cython.nogil
    @cython.inline
    @cython.exceptval(check=False)
    def _at(self, index: cython.uint) -> cython.uint:
        """Where an interface stands; 0 for one that is not known."""
        step: cython.uint
        at: cython.uint
        for step in range(_TRIES):
            at = _place(index, step)
            if self.indexes[at] == index:
                return at
        return 0

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _walk(self, batch: FrameBatch, end: cython.longlong) -> cython.void:
        at: cython.longlong
        length: cython.longlong
        head: cython.uint
        while self.size > 0 and self.position < end and batch.count < batch.capacity:
            at = self.data_at + (self.position & (self.size - 1))
            head = self.words[at >> 2]
            if head & _BUSY:
                return
            length = head & 0x3FFFFFFF
            if length > self.size:
                self.torn += 1
                self.position = end
                return
            if head & _DISCARD == 0:
                if length < _RECORD or self.words[(at + _HEAD + 20) >> 2] > length - _RECORD:
                    self.torn += 1
                else:
                    self._row(batch, at + _HEAD)
            self.position += (length + _HEAD + 7) & ~7

    @cython.cfunc
    @cython.nogil
    @cython.inline
    @cython.exceptval(check=False)
    def _row(self, batch: FrameBatch, at: cython.longlong) -> cython.void:
        word: cython.longlong = at >> 2
        row: cython.int = batch.count
        time: cython.longlong = self.words[word + 3]
        place: cython.uint = self._at(self.words[word + 6])
        tail: cython.uint = self.words[word + 7]  # segments, ingress, origin
        captured: cython.uint = self.words[word + 5]
        flags: cython.int = _IN if tail >> 16 & 0xFF else _OUT
        if self.local[place]:
            flags = _IN | _OUT
        if cython.cast(cython.int, tail >> 24) != _WHOLE:
            flags |= _COUNTED
        batch.offset[row] = at + _RECORD
        batch.captured[row] = captured
        batch.wire[row] = self.words[word + 4] + self.heads[place]
        batch.time[row] = (time << 32 | self.words[word + 2]) + self.offset
        batch.link[row] = _RAW
        batch.interface[row] = self.numbers[place]
        batch.flags[row] = cython.cast(cython.uchar, flags)
        batch.segments[row] = cython.cast(cython.ushort, tail & 0xFFFF)
        batch.vlan[row] = 0
        self.filled_bytes += captured
        batch.count = row + 1
