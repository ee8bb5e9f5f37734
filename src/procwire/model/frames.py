# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""A run of frames in one buffer, as a capture source hands them on.

The source owns the buffer; frames are (offset, length) into it, so nothing is copied per frame.
Refuses to know any header: that is the packet room's work.
"""

from __future__ import annotations

from typing import Any

import cython

CAPACITY = 4096

# Bits of ``FrameBatch.flags``.
INBOUND = 1  # the source says: received by this host (pcapng epb_flags 01, sll pkttype 0-2)
OUTBOUND = 2  # the source says: sent by this host
FOREIGN = 4  # to another host, seen in promiscuous mode (PACKET_OTHERHOST)
COUNTED = 8  # the kernel counts this packet with its flow: only what it says is of interest


def column(code: str, capacity: int) -> memoryview:
    """A zeroed column of ``capacity`` values of one struct format code (``q Q I H B``)."""
    size = {"q": 8, "Q": 8, "I": 4, "H": 2, "B": 1}[code]
    return memoryview(bytearray(size * capacity)).cast(code)  # type: ignore[call-overload]


@cython.cclass
class FrameBatch:
    """Up to ``capacity`` frames. Columns are valid for rows ``0 .. count - 1``.

    buffer      bytes-like object that holds every frame of the batch
    offset      where a frame starts in ``buffer``
    captured    bytes present; ``wire``: bytes the frame had on the wire
    time        ns since 1970 UTC, the frame's own time (0 where the source has none)
    link        LINKTYPE_* value (https://www.tcpdump.org/linktypes.html)
    interface   index into the source's ``interfaces``; 0 is "not said"
    flags       INBOUND, OUTBOUND, FOREIGN, COUNTED
    segments    wire segments a GSO/GRO super-packet stands for; 0 means not known, count as one
    vlan        tag that was on the wire and is not in the frame's bytes (a kernel or NIC took it out):
                TCI in the low 16 bits, TPID in the high 16; 0 means none
    """

    buffer: Any
    capacity: cython.int
    count: cython.int
    first: cython.longlong  # number of row 0 in its source, from 1
    offset: cython.longlong[::1]
    captured: cython.uint[::1]
    wire: cython.uint[::1]
    time: cython.longlong[::1]
    link: cython.ushort[::1]
    interface: cython.ushort[::1]
    flags: cython.uchar[::1]
    segments: cython.ushort[::1]
    vlan: cython.uint[::1]

    def __init__(self, buffer: Any = b"", capacity: int = CAPACITY) -> None:
        self.buffer = buffer
        self.capacity = capacity
        self.count = 0
        self.first = 1
        self.offset = column("q", capacity)
        self.captured = column("I", capacity)
        self.wire = column("I", capacity)
        self.time = column("q", capacity)
        self.link = column("H", capacity)
        self.interface = column("H", capacity)
        self.flags = column("B", capacity)
        self.segments = column("H", capacity)
        self.vlan = column("I", capacity)

    def add(  # noqa: PLR0917
        self,
        offset: int,
        captured: int,
        wire: int,
        time: int,
        link: int,
        interface: int = 0,
    ) -> int:
        """Append one frame; returns its row. For sources that are not in a hurry, and tests."""
        row: cython.int = self.count
        if row >= self.capacity:
            raise IndexError("frame batch is full")
        self.offset[row] = offset
        self.captured[row] = captured
        self.wire[row] = wire
        self.time[row] = time
        self.link[row] = link
        self.interface[row] = interface
        self.flags[row] = 0
        self.segments[row] = 0
        self.vlan[row] = 0
        self.count = row + 1
        return row

    def frame(self, row: int) -> bytes:
        """The bytes of one frame."""
        if not 0 <= row < self.count:
            raise IndexError(f"row {row} of {self.count}")
        start = self.offset[row]
        return bytes(memoryview(self.buffer)[start : start + self.captured[row]])


def batch_of(frames: list[bytes], *, link: int = 1, start: int = 0, step: int = 1_000_000) -> FrameBatch:
    """A batch of whole frames, ``step`` ns apart: for tests and small sources."""
    batch = FrameBatch(b"".join(frames), max(1, len(frames)))
    offset = 0
    for number, frame in enumerate(frames):
        batch.add(offset, len(frame), len(frame), start + number * step, link)
        offset += len(frame)
    return batch
