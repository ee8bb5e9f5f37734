# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Rows of a batch as pcapng blocks and pcap records, in the low byte first, into a buffer.

A VLAN tag that a kernel took out of an Ethernet frame is put back where it was on the wire (IEEE 802.1Q
clause 9.3): a file has no other place for it. Refuses to write files: ``capture.writer`` does.
"""

from __future__ import annotations

from typing import Any

import cython

if cython.compiled:
    from cython.cimports.libc.string import memcpy
    from cython.cimports.procwire.capture.streamed import procwire_stream, procwire_streamed
    from cython.cimports.procwire.model.frames import FrameBatch
else:
    from procwire.model.frames import FrameBatch

PACKET_BYTES = 52  # an enhanced packet block beside its data and padding; with a VLAN tag
RECORD_BYTES = 20
# Declared, as a plain name is an object, and what a loop compares with it becomes one for every packet.
ETHERNET = cython.declare(cython.int, 1)  # LINKTYPE_ETHERNET
_MACS = cython.declare(cython.longlong, 12)  # bytes before the tag
_LEAST = cython.declare(cython.longlong, 16)  # a tag that is put back stays whole
_BESIDE = cython.declare(cython.longlong, PACKET_BYTES - 4)
_NO_BOUND = cython.declare(cython.longlong, 1 << 40)
_LAST_SECOND = cython.declare(cython.longlong, 0xFFFFFFFF)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _put(room: cython.uchar[::1], at: cython.longlong, value: cython.ulonglong) -> cython.int:
    """32 bits."""
    room[at] = value & 0xFF
    room[at + 1] = (value >> 8) & 0xFF
    room[at + 2] = (value >> 16) & 0xFF
    room[at + 3] = (value >> 24) & 0xFF
    return 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _tag_bytes(batch: FrameBatch, row: cython.int) -> cython.longlong:
    """Bytes of the tag to put back."""
    if batch.vlan[row] and batch.link[row] == ETHERNET and batch.captured[row] >= _MACS:
        return 4
    return 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _put_frame(  # noqa: PLR0917
    room: cython.uchar[::1],
    at: cython.longlong,
    data: cython.const[cython.uchar][::1],  # type: ignore[valid-type]
    batch: FrameBatch,
    row: cython.int,
    size: cython.longlong,
) -> cython.void:
    """``size`` bytes of the frame and its tag: TPID in the tag's high half, TCI in its low one."""
    start: cython.longlong = batch.offset[row]
    cut: cython.longlong = _tag_bytes(batch, row)
    end: cython.longlong = start + size - cut
    tag: cython.uint
    if cut:
        tag = batch.vlan[row]
        _copy(room, at, data, start, _MACS)
        start += _MACS
        at += _MACS
        room[at] = tag >> 24 & 0xFF
        room[at + 1] = tag >> 16 & 0xFF
        room[at + 2] = tag >> 8 & 0xFF
        room[at + 3] = tag & 0xFF
        at += 4
    _copy(room, at, data, start, end - start)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _copy(
    room: cython.uchar[::1],
    at: cython.longlong,
    data: cython.const[cython.uchar][::1],  # type: ignore[valid-type]
    start: cython.longlong,
    size: cython.longlong,
) -> cython.void:
    """Bytes that do not overlap; a slice's assignment would look whether they do, at 100 ns a frame."""
    if size <= 0:
        return
    if cython.compiled:
        memcpy(cython.address(room[at]), cython.address(data[start]), size)
    else:
        room[at : at + size] = data[start : start + size]


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _copy_apart(
    room: cython.uchar[::1],
    at: cython.longlong,
    data: cython.const[cython.uchar][::1],  # type: ignore[valid-type]
    start: cython.longlong,
    size: cython.longlong,
) -> cython.void:
    """The same past the processor's caches, which half the time goes into for a large frame."""
    if size <= 0:
        return
    if cython.compiled:
        procwire_stream(cython.address(room[at]), cython.address(data[start]), size)
    else:
        _copy(room, at, data, start, size)


def put_packets(  # noqa: PLR0917
    room: cython.uchar[::1],
    batch: FrameBatch,
    row: cython.int,
    until: cython.int,
    number: cython.int,
    most: cython.longlong = 0,
) -> tuple[int, int]:
    """Rows from ``row`` on as enhanced packet blocks of interface ``number``, from ``room[0]`` on.

    Ends before row ``until``, before a row of another interface or link, or when the room is used up.
    Returns the row it ended before, and the bytes used. ``most``: no more of each frame (16 at least), into
    a room that is not read soon; 0 is all of it, into one that is.
    """
    if row < 0 or until > batch.count:
        raise IndexError(f"rows {row} to {until} of {batch.count}")
    data: cython.const[cython.uchar][::1] = batch.buffer  # type: ignore[valid-type]
    at: cython.longlong = 0
    captured: cython.longlong
    first: cython.int = row
    end: cython.longlong = len(room) - _BESIDE
    bound: cython.longlong = max(most, _LEAST) if most else _NO_BOUND
    while row < until and _alike(batch, row, first):
        captured = batch.captured[row] + _tag_bytes(batch, row)
        captured = min(captured, bound)
        if at + ((captured + 3) & ~3) > end:
            break
        _put_head(room, at, batch, row, captured)
        _put(room, at + 8, number)
        if most and not _tag_bytes(batch, row):
            _copy_apart(room, at + 28, data, batch.offset[row], captured)
        else:
            _put_frame(room, at + 28, data, batch, row, captured)
        at = _put_end(room, at, batch.flags[row], captured)
        row += 1
    if cython.compiled and most:
        procwire_streamed()
    return row, at


def put_stamped(  # noqa: PLR0917
    room: cython.uchar[::1],
    batch: FrameBatch,
    row: cython.int,
    until: cython.int,
    number: cython.int,
    stamps: tuple[Any, Any, Any],
) -> tuple[int, int]:
    """As put_packets, with further options behind each packet.

    ``stamps``: the flow of each row, negative for its other side; four places a flow; and the text that these
    are places in: where options (padded, without an end) begin that only its next packet has, those of one
    side, those of the other, and where these end. What only one packet has is gone when it is written.
    """
    if row < 0 or until > batch.count:
        raise IndexError(f"rows {row} to {until} of {batch.count}")
    data: cython.const[cython.uchar][::1] = batch.buffer  # type: ignore[valid-type]
    flows: cython.longlong[::1] = stamps[0]
    places: cython.longlong[::1] = stamps[1]
    text: cython.const[cython.uchar][::1] = stamps[2]  # type: ignore[valid-type]
    if len(flows) < until:
        raise IndexError(f"{len(flows)} flows for {until} rows")
    at: cython.longlong = 0
    end: cython.longlong
    captured: cython.longlong
    first: cython.int = row
    bound: cython.longlong = len(room) - _BESIDE - 4
    known: cython.longlong = len(places) // 4
    once: cython.longlong
    tail: cython.longlong
    place: cython.longlong
    with cython.nogil:  # so that the disk gets its next part meanwhile
        while row < until and _alike(batch, row, first):
            captured = batch.captured[row] + _tag_bytes(batch, row)
            place = 4 * (flows[row] if flows[row] >= 0 else -flows[row])
            once = tail = 0
            if place < 4 * known:
                once = places[place + 1] - places[place]
                tail = (
                    places[place + 3] - places[place + 2]
                    if flows[row] < 0
                    else places[place + 2] - places[place + 1]
                )
            if at + ((captured + 3) & ~3) + once + tail > bound:
                break
            end = _put_packet(room, at, data, batch, row, captured)
            _put(room, at + 8, number)
            if once + tail:
                end = _open_end(end, at + 28 + ((captured + 3) & ~3))
                _copy(room, end, text, places[place], once)
                _copy(room, end + once, text, places[place + (2 if flows[row] < 0 else 1)], tail)
                places[place] += once
                end = _shut_end(room, at, end + once + tail)
            at = end
            row += 1
    return row, at


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _alike(batch: FrameBatch, row: cython.int, first: cython.int) -> cython.bint:
    """Are both frames of one interface, and one link type?"""
    return batch.interface[row] == batch.interface[first] and batch.link[row] == batch.link[first]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _bits(flags: cython.int) -> cython.int:
    """A frame's direction; what stays on this host is both, for which the format has no word."""
    return 0 if flags & 7 == 3 else flags & 7


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _put_head(
    room: cython.uchar[::1],
    at: cython.longlong,
    batch: FrameBatch,
    row: cython.int,
    captured: cython.longlong,
) -> cython.int:
    """What an enhanced packet block has before its data, but for its interface's number."""
    _put(room, at, 6)
    _put(room, at + 4, 32 + ((captured + 3) & ~3) + (12 if _bits(batch.flags[row]) else 0))
    _put(room, at + 12, batch.time[row] >> 32)
    _put(room, at + 16, batch.time[row])
    _put(room, at + 20, captured)
    _put(room, at + 24, batch.wire[row])
    return 0


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _put_end(
    room: cython.uchar[::1], at: cython.longlong, flags: cython.int, captured: cython.longlong
) -> cython.longlong:
    """What it has behind its data; where it ends."""
    padded: cython.longlong = (captured + 3) & ~3
    bits: cython.int = _bits(flags)
    end: cython.longlong = at + 28 + padded
    _put_zeros(room, at + 28 + captured, padded - captured)
    if bits:  # epb_flags (2): direction in bits 0-1, promiscuous (4) in bits 2-4; then the end
        _put(room, end, 0x0004_0002)
        _put(room, end + 4, 16 if bits & 4 else bits & 3)
        _put(room, end + 8, 0)
        end += 12
    _put(room, end, end + 4 - at)
    return end + 4


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _put_packet(  # noqa: PLR0917
    room: cython.uchar[::1],
    at: cython.longlong,
    data: cython.const[cython.uchar][::1],  # type: ignore[valid-type]
    batch: FrameBatch,
    row: cython.int,
    captured: cython.longlong,
) -> cython.longlong:
    """An enhanced packet block but for its interface's number; where it ends."""
    _put_head(room, at, batch, row, captured)
    _put_frame(room, at + 28, data, batch, row, captured)
    return _put_end(room, at, batch.flags[row], captured)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _open_end(end: cython.longlong, data_end: cython.longlong) -> cython.longlong:
    """Where further options of a block begin: behind those that are there, over their end."""
    return end - 8 if end - 4 > data_end else end - 4


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _shut_end(room: cython.uchar[::1], at: cython.longlong, end: cython.longlong) -> cython.longlong:
    """End the options, and the block that began at ``at``; where it ends."""
    _put(room, end, 0)
    _put(room, at + 4, end + 8 - at)
    _put(room, end + 4, end + 8 - at)
    return end + 8


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _put_zeros(room: cython.uchar[::1], at: cython.longlong, count: cython.longlong) -> cython.int:
    while count > 0:
        room[at] = 0
        at += 1
        count -= 1
    return 0


def run_end(batch: FrameBatch, row: cython.int, until: cython.int) -> int:
    """The row before which a run of frames of the same interface and link ends."""
    if row < 0 or row >= until or until > batch.count:
        raise IndexError(f"rows {row} to {until} of {batch.count}")
    first: cython.int = row
    while row < until and _alike(batch, row, first):
        row += 1
    return row


def put_records(
    room: cython.uchar[::1], batch: FrameBatch, row: cython.int, until: cython.int
) -> tuple[int, int]:
    """Rows from ``row`` on as pcap records with nanoseconds, from ``room[0]`` on; returns as put_packets.

    Ends before a row of another link too. Seconds beyond 32 bits become the last that fits.
    """
    if row < 0 or until > batch.count:
        raise IndexError(f"rows {row} to {until} of {batch.count}")
    data: cython.const[cython.uchar][::1] = batch.buffer  # type: ignore[valid-type]
    at: cython.longlong = 0
    captured: cython.longlong
    seconds: cython.longlong
    first: cython.int = row
    while row < until and batch.link[row] == batch.link[first]:
        captured = batch.captured[row] + _tag_bytes(batch, row)
        if at + 16 + captured > len(room):
            break
        seconds = batch.time[row] // 1_000_000_000
        _put(room, at, min(seconds, _LAST_SECOND))
        _put(room, at + 4, batch.time[row] - seconds * 1_000_000_000)
        _put(room, at + 8, captured)
        _put(room, at + 12, batch.wire[row])
        _put_frame(room, at + 16, data, batch, row, captured)
        at += 16 + captured
        row += 1
    return row, at
