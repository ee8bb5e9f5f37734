# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The pcap file format (draft-ietf-opsawg-pcap), read from bytes into frame columns.

Covers both byte orders, microseconds and nanoseconds, Alexey Kuznetzov's modified records, and the
old versions 2.0-2.3 and 543.0 with their swapped lengths: what libpcap reads. Everything else is refused
by name. Refuses to touch files: the caller brings bytes and takes frames.

A record is damaged when it claims more bytes than ``limit``: the file's snaplen or 256 KiB, whichever is
larger, but never more than 16 MiB. A frame's wire length is never below its captured length.

To resume after damage a place must look like a record header twice over: captured length not above
256 KiB and not above the wire length, wire length above zero and below 16 MiB, a whole fraction of a
second, a time within 30 days of the last good record; and either a header just as plausible follows
it, or it ends exactly where the file does.
"""

from __future__ import annotations

import struct
from typing import Any

import cython

from procwire.capture.roster import Roster
from procwire.capture.source import DEFAULT_SNAPLEN, CaptureError, Interface

if cython.compiled:
    from cython.cimports.procwire.model.frames import FrameBatch
else:
    from procwire.model.frames import FrameBatch

HEADER_BYTES = 24
MAX_RECORD = 16 << 20  # hard bound on one frame, whatever the snaplen says
NEAR_SECONDS = 30 * 86_400

# What walk() and resume() ended with.
MORE = 0  # more bytes are needed: ``need`` from ``position`` on
FULL = 1  # the batch is full
DAMAGED = 2  # ``fault`` says why, at ``position``
FOUND = 3  # a plausible record starts at ``position``

_MICRO = 0xA1B2C3D4
_NANO = 0xA1B23C4D
_KUZNETZOV = 0xA1B2CD34
_REFUSED = {
    0xA1B234CD: "pcap modified by F. Mesquita",
    0xA12B3C4D: "Navtel pcap",
    0x1C0001AB: "Ixia lcap",
    0x1C0001AC: "Ixia lcap with hardware times",
    0x736E6F6F: "snoop",
    0xA1B2C3CB: "a BPF program",
}
_KEPT, _SWAPPED, _MAYBE = 0, 1, 2
# Linux packet types in Kuznetzov's records: to us, broadcast, multicast, to another host, sent by us.
_KINDS = bytes([1, 1, 1, 4, 2])


def recognise(start: bytes) -> str:
    """``little`` or ``big`` for a pcap file, empty for anything else; ``start`` is its first 4 bytes."""
    for order in ("little", "big"):
        if int.from_bytes(start[:4], order) in {_MICRO, _NANO, _KUZNETZOV}:  # type: ignore[arg-type]
            return order
    return ""


def refused(start: bytes) -> str:
    """The name of a format that is known and not read, or empty."""
    for order in ("little", "big"):
        name = _REFUSED.get(int.from_bytes(start[:4], order))  # type: ignore[arg-type]
        if name:
            return name
    return ""


def _length_order(major: int, minor: int) -> int:
    """Which length comes first, by version, as libpcap's sf-pcap.c has it."""
    if (major, minor) == (543, 0):  # DG/UX wrote its own product version
        return _SWAPPED
    if major != 2 or minor > 4:
        raise CaptureError("", 4, f"pcap version {major}.{minor} is not known")
    if minor == 3:
        return _MAYBE
    return _SWAPPED if minor < 3 else _KEPT


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _u32(data: cython.uchar[::1], at: cython.longlong, big: cython.bint) -> cython.uint:
    a: cython.uint = data[at]
    b: cython.uint = data[at + 1]
    c: cython.uint = data[at + 2]
    d: cython.uint = data[at + 3]
    if big:
        return (a << 24) | (b << 16) | (c << 8) | d
    return (d << 24) | (c << 16) | (b << 8) | a


@cython.cclass
class PcapWalk:
    """Walks the records of one file. Attributes are results of the last call, and running totals.

    position     where the walk stands in the buffer it was given
    need         bytes wanted from ``position`` on, after MORE
    fault        why the record at ``position`` is damaged, after DAMAGED
    frames, octets, odd_times    totals so far
    """

    position: cython.longlong
    need: cython.longlong
    fault: str
    frames: cython.longlong
    octets: cython.longlong
    odd_times: cython.longlong
    limit: cython.longlong
    link: cython.int
    _roster: Any
    _places: dict[int, int]
    _big: cython.bint
    _modified: cython.bint
    _lengths: cython.int
    _head: cython.int
    _scale: cython.longlong
    _last: cython.longlong
    _device: cython.longlong
    _place: cython.int

    def __init__(self, header: bytes, roster: Roster) -> None:
        """``header`` is the file's first HEADER_BYTES. Raises CaptureError with the offset in it."""
        order = recognise(header)
        if not order or len(header) < HEADER_BYTES:
            raise CaptureError("", 0, "not a pcap file header")
        self._big = order == "big"
        mark = ">" if self._big else "<"
        magic, major, minor, _, _, snaplen, link = struct.unpack_from(f"{mark}IHHiIII", header)
        self._lengths = _length_order(major, minor)
        self._modified = magic == _KUZNETZOV
        self._head = 24 if self._modified else 16
        self._scale = 1 if magic == _NANO else 1000
        self.limit = min(max(snaplen, DEFAULT_SNAPLEN), MAX_RECORD)
        # The upper six bits say whether and how long a frame check sequence follows each frame.
        number = link & 0x03FF_FFFF
        self.link = min(number, 0xFFFF)
        self.position = self.need = self.frames = self.octets = self.odd_times = 0
        self.fault = ""
        self._roster = roster
        self._places = {}
        self._last = -1
        self._device = -1
        self._place = 0

    def walk(
        self, data: cython.uchar[::1], start: cython.longlong, end: cython.longlong, batch: FrameBatch
    ) -> int:
        """Add the records in ``data[start:end]`` to ``batch``; MORE, FULL or DAMAGED."""
        row: cython.int = batch.count
        top: cython.int = batch.capacity
        head: cython.int = self._head
        big: cython.bint = self._big
        captured: cython.uint
        wire: cython.uint
        swap: cython.uint
        seconds: cython.longlong = self._last
        status: cython.int = MORE
        self.need = head
        while end - start >= head:
            if row >= top:
                status = FULL
                break
            captured = _u32(data, start + 8, big)
            wire = _u32(data, start + 12, big)
            if self._lengths != 0 and (self._lengths == 1 or wire < captured):
                swap = captured
                captured = wire
                wire = swap
            if captured > self.limit:
                self.fault = f"record claims {captured} bytes captured, the limit is {self.limit}"
                status = DAMAGED
                break
            if end - start - head < captured:
                self.need = head + cython.cast(cython.longlong, captured)
                break
            seconds = _u32(data, start, big)
            batch.time[row] = seconds * 1_000_000_000 + self._fraction(_u32(data, start + 4, big))
            batch.offset[row] = start + head
            batch.captured[row] = captured
            batch.wire[row] = max(captured, wire)
            batch.link[row] = self.link
            batch.interface[row] = 0
            batch.flags[row] = 0
            batch.segments[row] = 0
            if self._modified:
                self._extras(data, start + 16, batch, row)
            self.octets += captured
            row += 1
            start += head + cython.cast(cython.longlong, captured)
        self.frames += row - batch.count
        batch.count = row
        self._last = seconds
        self.position = start
        return status

    @cython.cfunc
    @cython.inline
    def _fraction(self, fraction: cython.longlong) -> cython.longlong:
        """The part below a second, in ns; one that is a second or more is cut to the last ns or us."""
        fraction = fraction * self._scale
        if fraction >= 1_000_000_000:
            self.odd_times += 1
            return 1_000_000_000 - self._scale
        return fraction

    @cython.cfunc
    def _extras(
        self, data: cython.uchar[::1], at: cython.longlong, batch: FrameBatch, row: cython.int
    ) -> cython.void:
        """Kuznetzov's interface number and packet type."""
        device: cython.longlong = _u32(data, at, self._big)
        kind: cython.int = data[at + 6]
        if device != self._device:
            self._device = device
            self._place = self._enrol(device)
        batch.interface[row] = self._place
        batch.flags[row] = _KINDS[kind] if kind < 5 else 0

    def _enrol(self, device: int) -> int:
        place = self._places.get(device)
        if place is None:
            interface = Interface(description=f"interface number {device}", link=self.link, resolution=6)
            place = self._roster.enrol(interface)
            if place:
                self._places[device] = place
        return place

    def resume(
        self, data: cython.uchar[::1], start: cython.longlong, end: cython.longlong, final: cython.bint
    ) -> int:
        """Find the next plausible record in ``data[start:end]``; FOUND, or MORE when there is none yet.

        ``final`` says that no bytes follow. Bytes before ``position`` are ruled out for good.
        """
        verdict: cython.int
        while start < end:
            verdict = self._plausible(data, start, end, final)
            if verdict == MORE:
                break
            if verdict == FOUND:
                self.position = start
                return FOUND
            start += 1
        self.position = start
        return MORE

    @cython.cfunc
    def _plausible(
        self, data: cython.uchar[::1], at: cython.longlong, end: cython.longlong, final: cython.bint
    ) -> cython.int:
        """FOUND, DAMAGED for certainly not, or MORE with ``need`` set."""
        after: cython.longlong = at
        size: cython.longlong
        count: cython.int = 0
        while count < 2:
            if end - after < self._head:
                if final:
                    return FOUND if count == 1 and after == end else DAMAGED
                self.need = after + self._head - at
                return MORE
            size = self._sane(data, after)
            if size < 0:
                return DAMAGED
            after += size
            count += 1
        return FOUND

    @cython.cfunc
    def _sane(self, data: cython.uchar[::1], at: cython.longlong) -> cython.longlong:
        """The size of the record whose header lies at ``at``, or -1."""
        captured: cython.longlong = _u32(data, at + 8, self._big)
        wire: cython.longlong = _u32(data, at + 12, self._big)
        seconds: cython.longlong = _u32(data, at, self._big)
        fraction: cython.longlong = _u32(data, at + 4, self._big)
        if self._lengths != 0 and (self._lengths == 1 or wire < captured):
            captured, wire = wire, captured
        if captured > DEFAULT_SNAPLEN or wire < captured or wire == 0 or wire > MAX_RECORD:
            return -1
        if fraction * self._scale >= 1_000_000_000:
            return -1
        if self._last >= 0 and abs(seconds - self._last) > NEAR_SECONDS:
            return -1
        return self._head + captured
