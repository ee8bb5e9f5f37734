# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The pcapng file format (draft-ietf-opsawg-pcapng), read from bytes into frame columns.

Packet blocks (enhanced, simple, and the obsolete one) become rows; sections of either byte order,
interfaces, names, statistics, secrets and comments are learned; custom, journal and unknown blocks are passed
over and counted. Refuses to touch files: the caller brings bytes and takes frames.

A block is damaged when its two lengths differ, are below 12, above MAX_BLOCK or no multiple of 4; when
a packet names an interface that the section has not described, or does not fit into its block.

To resume after damage a place must hold a whole block of a kind named in the draft, with equal and sane
lengths (a packet block's packet must fit and name a known interface; a section must have its byte-order
mark and version 1), followed by another known block kind with a sane length or the end of the file.
"""

from __future__ import annotations

import cython

from procwire.capture.pcap import DAMAGED, FOUND, FULL, MORE
from procwire.capture.roster import Roster

if cython.compiled:
    from cython.cimports.procwire.capture.section import Port, Section
    from cython.cimports.procwire.model.frames import FrameBatch
else:
    from procwire.capture.section import Port, Section
    from procwire.model.frames import FrameBatch

MAX_BLOCK = 16 << 20  # as libpcap
_MAX_BLOCK: cython.longlong = MAX_BLOCK

# What walk() and resume() ended with (see capture.pcap), as C numbers.
_MORE: cython.int = MORE
_FULL: cython.int = FULL
_DAMAGED: cython.int = DAMAGED
_FOUND: cython.int = FOUND


def recognise(start: bytes) -> bool:
    """Whether a file that starts so claims to be pcapng."""
    return start[:4] == b"\x0a\x0d\x0d\x0a"


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _u16(data: cython.uchar[::1], at: cython.longlong, big: cython.bint) -> cython.uint:
    a: cython.uint = data[at]
    b: cython.uint = data[at + 1]
    return (a << 8) | b if big else (b << 8) | a


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
class PcapngWalk:
    """Walks the blocks of one file. Attributes are results of the last call, and running totals.

    position     where the walk stands in the buffer it was given
    need         bytes wanted from ``position`` on, after MORE
    fault        why the block at ``position`` is damaged, after DAMAGED
    frames, octets, skipped_blocks    totals so far
    section      the present section, and what was learned in all of them
    """

    position: cython.longlong
    need: cython.longlong
    fault: str
    frames: cython.longlong
    octets: cython.longlong
    skipped_blocks: cython.longlong
    section: Section
    _data: cython.uchar[::1]  # what walk() and resume() were given; passed on, it would be copied each time

    def __init__(self, roster: Roster) -> None:
        self.position = self.need = self.frames = self.octets = 0
        self.skipped_blocks = 0
        self.fault = ""
        self.section = Section(roster)

    def walk(
        self, data: cython.uchar[::1], start: cython.longlong, end: cython.longlong, batch: FrameBatch
    ) -> int:
        """Add the packets in ``data[start:end]`` to ``batch``; MORE, FULL or DAMAGED."""
        status: cython.int = _MORE
        length: cython.longlong
        kind: cython.uint
        self.need = 12
        self.fault = ""
        self._data = data
        while end - start >= 12:
            length = self._measure(start, end)
            if length < 0:
                status = _DAMAGED
                break
            if length == 0:
                break
            kind = _u32(self._data, start, self.section.big)
            if kind in {6, 3, 2}:
                if batch.count >= batch.capacity:
                    status = _FULL
                    break
                status = self._packet(kind, start, start + length, batch)
            else:
                status = self._block(kind, start, length)
            if status != _MORE:
                break
            start += length
        self.position = start
        return status

    @cython.cfunc
    def _measure(self, at: cython.longlong, end: cython.longlong) -> cython.longlong:
        """The length of the whole block at ``at``, of which 12 bytes are there; 0: more, -1: damaged."""
        big: cython.bint = self.section.big
        if _u32(self._data, at, big) == 0x0A0D0D0A:  # reads the same in both orders; its magic tells which
            big = self._data[at + 8] == 0x1A
            if _u32(self._data, at + 8, big) != 0x1A2B3C4D:
                self.fault = "section header without a byte-order mark"
                return -1
        length: cython.longlong = _u32(self._data, at + 4, big)
        if length < 12 or length & 3 or length > _MAX_BLOCK:
            self.fault = f"block claims {length} bytes"
            return -1
        if end - at < length:
            self.need = length
            return 0
        if _u32(self._data, at + length - 4, big) != length:
            self.fault = (
                f"block claims {length} bytes before and {_u32(self._data, at + length - 4, big)} after"
            )
            return -1
        return length

    @cython.cfunc
    def _packet(
        self,
        kind: cython.uint,
        at: cython.longlong,
        end: cython.longlong,
        batch: FrameBatch,
    ) -> cython.int:
        """One packet block, whole at ``data[at:end]``, into the next row; MORE, or DAMAGED with a fault."""
        big: cython.bint = self.section.big
        row: cython.int = batch.count
        number: cython.longlong = 0
        head: cython.longlong = 28 if kind != 3 else 12
        captured: cython.longlong
        wire: cython.uint
        if end - at < head + 4:
            self.fault = "packet block is too short for its header"
            return _DAMAGED
        if kind == 6:
            number = _u32(self._data, at + 8, big)
        elif kind == 2:
            number = _u16(self._data, at + 8, big)
        if number >= len(self.section.ports):
            self.fault = (
                f"packet names interface {number}, the section has described {len(self.section.ports)}"
            )
            return _DAMAGED
        port: Port = self.section.ports[number]
        wire = _u32(self._data, at + head - 4, big)
        if kind == 3:
            captured = end - at - 16
            captured = min(captured, wire)
            if 0 < port.snaplen < captured:
                captured = port.snaplen
            batch.time[row] = 0
        else:
            captured = _u32(self._data, at + 20, big)
            if captured > end - at - 32:
                self.fault = f"packet claims {captured} bytes captured in a block of {end - at}"
                return _DAMAGED
            batch.time[row] = self.section.time(
                _u32(self._data, at + 12, big), _u32(self._data, at + 16, big), port
            )
        batch.flags[row] = 0
        batch.offset[row] = at + head
        batch.captured[row] = captured
        batch.wire[row] = max(captured, wire)
        batch.link[row] = port.link
        batch.interface[row] = port.place
        batch.segments[row] = 0
        return self._after(kind, at, end, batch)

    @cython.cfunc
    @cython.inline
    def _after(
        self,
        kind: cython.uint,
        at: cython.longlong,
        end: cython.longlong,
        batch: FrameBatch,
    ) -> cython.int:
        """Count the row, and read what stands behind its packet."""
        row: cython.int = batch.count
        captured: cython.longlong = batch.captured[row]
        behind: cython.longlong = batch.offset[row] + ((captured + 3) & ~3)
        lost: cython.uint
        batch.count = row + 1
        self.frames += 1
        self.octets += captured
        if kind == 3:
            return _MORE
        if kind == 2:
            lost = _u16(self._data, at + 10, self.section.big)
            if lost != 0xFFFF:
                self.section.lost += lost
        if behind + 4 < end:
            batch.flags[row] = self._options(behind, end - 4)
        return _MORE

    @cython.cfunc
    def _options(self, at: cython.longlong, end: cython.longlong) -> cython.int:
        """Direction flags; comments and drop counts are kept. Ends at the first option that does not fit."""
        big: cython.bint = self.section.big
        code: cython.uint
        size: cython.longlong
        bits: cython.uint
        lost: cython.uint
        flags: cython.int = 0
        while end - at >= 4:
            code = _u16(self._data, at, big)
            size = _u16(self._data, at + 2, big)
            if code == 0 or size > end - at - 4:
                break
            if code == 2 and size == 4:
                # Bits 0-1 are the direction, as in FrameBatch.flags; 2-4 the kind of reception. What only
                # promiscuous mode saw (4) was not received by this host: FOREIGN.
                bits = _u32(self._data, at + 4, big)
                flags = 4 if (bits >> 2) & 7 == 4 else bits & 3
                if flags == 3:
                    flags = 0
            elif code == 4 and size == 8:
                lost = _u32(self._data, at + (8 if big else 4), big)  # no more than 2^32 at a time
                self.section.lost += lost
            elif code == 1:
                self.section.lore.comment(self.frames, bytes(self._data[at + 4 : at + 4 + size]))
            at += 4 + ((size + 3) & ~3)
        return flags

    @cython.cfunc
    def _block(self, kind: cython.uint, at: cython.longlong, length: cython.longlong) -> cython.int:
        """A block that is no packet."""
        if kind == 0x0A0D0D0A:
            self.fault = self.section.start(bytes(self._data[at : at + length]))
        elif kind in {1, 4, 5, 10}:
            self.fault = self.section.learn(kind, bytes(self._data[at + 8 : at + length - 4]))
        else:
            self.skipped_blocks += 1
        return _DAMAGED if self.fault else _MORE

    def resume(
        self, data: cython.uchar[::1], start: cython.longlong, end: cython.longlong, final: cython.bint
    ) -> int:
        """Find the next plausible block in ``data[start:end]``; FOUND, or MORE when there is none yet.

        ``final`` says that no bytes follow. Bytes before ``position`` are ruled out for good.
        """
        verdict: cython.int
        self._data = data
        while start < end:
            verdict = self._plausible(start, end, final)
            if verdict == _MORE:
                break
            if verdict == _FOUND:
                self.position = start
                return _FOUND
            start += 1
        self.position = start
        return _MORE

    @cython.cfunc
    def _plausible(self, at: cython.longlong, end: cython.longlong, final: cython.bint) -> cython.int:
        """FOUND, DAMAGED for certainly not, or MORE with ``need`` set."""
        length: cython.longlong
        if end - at < 12:
            self.need = 12
            return _DAMAGED if final else _MORE
        if not self._known(at):
            return _DAMAGED
        length = self._measure(at, end)
        if length < 0:
            return _DAMAGED
        if length == 0:
            return _DAMAGED if final else _MORE
        if not self._fits(at, length):
            return _DAMAGED
        if end - at - length >= 12:
            return _FOUND if self._known(at + length) else _DAMAGED
        if final:
            return _FOUND if end - at == length else _DAMAGED
        self.need = length + 12
        return _MORE

    @cython.cfunc
    def _known(self, at: cython.longlong) -> cython.bint:
        """Whether a kind of block the draft names starts here."""
        kind: cython.uint = _u32(self._data, at, self.section.big)
        if 1 <= kind <= 6 or kind in {9, 10}:
            return True
        return kind in {0x0A0D0D0A, 0x00000BAD, 0x40000BAD}

    @cython.cfunc
    def _fits(self, at: cython.longlong, length: cython.longlong) -> cython.bint:
        """Whether a packet block's packet fits into it and its interface is known."""
        kind: cython.uint = _u32(self._data, at, self.section.big)
        known: cython.longlong = len(self.section.ports)
        if kind == 6:
            return length >= 32 and _u32(self._data, at + 20, self.section.big) <= length - 32 and (
                _u32(self._data, at + 8, self.section.big) < known
            )  # fmt: skip
        if kind == 3:
            return length >= 16 and known > 0
        if kind == 1:
            return length >= 20
        if kind == 0x0A0D0D0A:
            return length >= 28
        return True
