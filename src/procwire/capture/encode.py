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
    from cython.cimports.procwire.model.frames import FrameBatch
else:
    from procwire.model.frames import FrameBatch

PACKET_BYTES = 52  # an enhanced packet block beside its data and padding; with a VLAN tag
RECORD_BYTES = 20
ETHERNET: cython.int = 1  # LINKTYPE_ETHERNET
_MACS: cython.longlong = 12  # bytes before the tag
_LEAST: cython.longlong = 16  # a tag that is put back stays whole
_PACKET_BYTES: cython.longlong = PACKET_BYTES - 4
_LAST_SECOND: cython.longlong = 0xFFFFFFFF


@cython.cfunc
@cython.inline
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
@cython.exceptval(check=False)
def _tag_bytes(batch: FrameBatch, row: cython.int) -> cython.longlong:
    """Bytes of the tag to put back."""
    if batch.vlan[row] and batch.link[row] == ETHERNET and batch.captured[row] >= _MACS:
        return 4
    return 0


@cython.cfunc
@cython.inline
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
    end: cython.longlong = start + size - _tag_bytes(batch, row)
    tag: cython.uint
    if _tag_bytes(batch, row):
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


def put_packets(  # noqa: PLR0917
    room: cython.uchar[::1],
    batch: FrameBatch,
    row: cython.int,
    until: cython.int,
    number: cython.int,
    most: cython.longlong = 1 << 40,
) -> tuple[int, int]:
    """Rows from ``row`` on as enhanced packet blocks of interface ``number``, from ``room[0]`` on.

    Ends before row ``until``, before a row of another interface or link, or when the room is used up.
    Returns the row it ended before, and the bytes used. ``most``: bytes kept of each frame, 16 at least.
    """
    if row < 0 or until > batch.count:
        raise IndexError(f"rows {row} to {until} of {batch.count}")
    data: cython.const[cython.uchar][::1] = batch.buffer  # type: ignore[valid-type]
    at: cython.longlong = 0
    captured: cython.longlong
    first: cython.int = row
    while row < until and _alike(batch, row, first):
        captured = min(batch.captured[row] + _tag_bytes(batch, row), max(most, _LEAST))
        if at + ((captured + 3) & ~3) + _PACKET_BYTES > len(room):
            break
        _put(room, at + 8, number)
        at = _put_packet(room, at, data, batch, row, captured)
        row += 1
    return row, at


def put_stamped(  # noqa: PLR0917
    room: cython.uchar[::1],
    batch: FrameBatch,
    row: cython.int,
    until: cython.int,
    number: cython.int,
    stamps: tuple[Any, dict[int, bytes], dict[int, bytes]],
) -> tuple[int, int]:
    """As put_packets, with further options behind each packet.

    ``stamps``: the flow of each row, negative for its other side; options (padded, without an end) by these
    numbers; and what only the next packet of a flow has before them, by the flow's, taken out when written.
    """
    if row < 0 or until > batch.count:
        raise IndexError(f"rows {row} to {until} of {batch.count}")
    data: cython.const[cython.uchar][::1] = batch.buffer  # type: ignore[valid-type]
    flows: cython.longlong[::1] = stamps[0]
    tails: dict[int, bytes] = stamps[1]
    firsts: dict[int, bytes] = stamps[2]
    if len(flows) < until:
        raise IndexError(f"{len(flows)} flows for {until} rows")
    at: cython.longlong = 0
    end: cython.longlong
    captured: cython.longlong
    first: cython.int = row
    tail: bytes
    while row < until and _alike(batch, row, first):
        captured = batch.captured[row] + _tag_bytes(batch, row)
        tail = firsts.get(abs(flows[row]), b"") + tails.get(flows[row], b"")
        if at + ((captured + 3) & ~3) + _PACKET_BYTES + len(tail) + 4 > len(room):
            break
        _put(room, at + 8, number)
        end = _put_packet(room, at, data, batch, row, captured)
        if tail:
            firsts.pop(abs(flows[row]), None)
            end = _put_tail(room, at, end, tail)
        at = end
        row += 1
    return row, at


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _alike(batch: FrameBatch, row: cython.int, first: cython.int) -> cython.bint:
    """Are both frames of one interface, and one link type?"""
    return batch.interface[row] == batch.interface[first] and batch.link[row] == batch.link[first]


@cython.cfunc
@cython.inline
def _put_packet(  # noqa: PLR0917
    room: cython.uchar[::1],
    at: cython.longlong,
    data: cython.const[cython.uchar][::1],  # type: ignore[valid-type]
    batch: FrameBatch,
    row: cython.int,
    captured: cython.longlong,
) -> cython.longlong:
    """An enhanced packet block but for its interface's number; where it ends."""
    padded: cython.longlong = (captured + 3) & ~3
    bits: cython.int = batch.flags[row]
    if bits & 7 == 3:  # what stays on this host is both, for which the format has no word
        bits = 0
    total: cython.longlong = 32 + padded + (12 if bits & 7 else 0)
    _put(room, at, 6)
    _put(room, at + 4, total)
    _put(room, at + 12, batch.time[row] >> 32)
    _put(room, at + 16, batch.time[row])
    _put(room, at + 20, captured)
    _put(room, at + 24, batch.wire[row])
    _put_frame(room, at + 28, data, batch, row, captured)
    _put_zeros(room, at + 28 + captured, padded - captured)
    at += 28 + padded
    if bits & 7:  # epb_flags (2): direction in bits 0-1, promiscuous (4) in bits 2-4; then the end
        _put(room, at, 0x0004_0002)
        _put(room, at + 4, 16 if bits & 4 else bits & 3)
        _put(room, at + 8, 0)
        at += 12
    _put(room, at, total)
    return at + 4


@cython.cfunc
def _put_tail(
    room: cython.uchar[::1], at: cython.longlong, end: cython.longlong, tail: bytes
) -> cython.longlong:
    """Further options for the block from ``at`` to ``end``; where it ends now."""
    data: cython.const[cython.uchar][::1] = tail  # type: ignore[valid-type]
    size: cython.longlong = len(data)
    captured: cython.longlong = (
        room[at + 20]
        | room[at + 21] << 8
        | room[at + 22] << 16
        | cython.cast(cython.longlong, room[at + 23]) << 24
    )
    place: cython.longlong = end - 4
    if place > at + 28 + ((captured + 3) & ~3):  # behind the options that are there, over their end
        place -= 4
    room[place : place + size] = data
    _put(room, place + size, 0)
    end = place + size + 8
    _put(room, at + 4, end - at)
    _put(room, end - 4, end - at)
    return end


@cython.cfunc
@cython.inline
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
