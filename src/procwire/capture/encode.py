# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Rows of a batch as pcapng blocks and pcap records, in the low byte first, into a buffer.

A VLAN tag that a kernel took out of an Ethernet frame is put back where it was on the wire (IEEE 802.1Q
clause 9.3): a file has no other place for it. Refuses to write files: ``capture.writer`` does.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.model.frames import FrameBatch
else:
    from procwire.model.frames import FrameBatch

PACKET_BYTES = 52  # an enhanced packet block beside its data and padding; with a VLAN tag
RECORD_BYTES = 20
ETHERNET: cython.int = 1  # LINKTYPE_ETHERNET
_MACS: cython.longlong = 12  # bytes before the tag
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
def _put_frame(
    room: cython.uchar[::1],
    at: cython.longlong,
    data: cython.const[cython.uchar][::1],  # type: ignore[valid-type]
    batch: FrameBatch,
    row: cython.int,
) -> cython.void:
    """The frame with its tag: TPID in the tag's high half, TCI in its low one."""
    start: cython.longlong = batch.offset[row]
    end: cython.longlong = start + batch.captured[row]
    tag: cython.uint
    if _tag_bytes(batch, row):
        tag = batch.vlan[row]
        room[at : at + _MACS] = data[start : start + _MACS]
        start += _MACS
        at += _MACS
        room[at] = tag >> 24 & 0xFF
        room[at + 1] = tag >> 16 & 0xFF
        room[at + 2] = tag >> 8 & 0xFF
        room[at + 3] = tag & 0xFF
        at += 4
    room[at : at + end - start] = data[start:end]


def put_packets(
    room: cython.uchar[::1], batch: FrameBatch, row: cython.int, until: cython.int, number: cython.int
) -> tuple[int, int]:
    """Rows from ``row`` on as enhanced packet blocks of interface ``number``, from ``room[0]`` on.

    Ends before row ``until``, before a row of another interface or link, or when the room is used up.
    Returns the row it ended before, and the bytes used.
    """
    if row < 0 or until > batch.count:
        raise IndexError(f"rows {row} to {until} of {batch.count}")
    data: cython.const[cython.uchar][::1] = batch.buffer  # type: ignore[valid-type]
    at: cython.longlong = 0
    captured: cython.longlong
    padded: cython.longlong
    total: cython.longlong
    bits: cython.int
    first: cython.int = row
    while row < until:
        if batch.interface[row] != batch.interface[first] or batch.link[row] != batch.link[first]:
            break
        captured = batch.captured[row] + _tag_bytes(batch, row)
        padded = (captured + 3) & ~3
        bits = batch.flags[row]
        if bits & 7 == 3:  # what stays on this host is both, for which the format has no word
            bits = 0
        total = 32 + padded + (12 if bits else 0)
        if at + padded + _PACKET_BYTES > len(room):
            break
        _put(room, at, 6)
        _put(room, at + 4, total)
        _put(room, at + 8, number)
        _put(room, at + 12, batch.time[row] >> 32)
        _put(room, at + 16, batch.time[row])
        _put(room, at + 20, captured)
        _put(room, at + 24, batch.wire[row])
        _put_frame(room, at + 28, data, batch, row)
        _put_zeros(room, at + 28 + captured, padded - captured)
        at += 28 + padded
        if bits:  # epb_flags (2): direction in bits 0-1, promiscuous (4) in bits 2-4; then the end
            _put(room, at, 0x0004_0002)
            _put(room, at + 4, 16 if bits & 4 else bits & 3)
            _put(room, at + 8, 0)
            at += 12
        _put(room, at, total)
        at += 4
        row += 1
    return row, at


@cython.cfunc
@cython.inline
@cython.exceptval(check=False)
def _put_zeros(room: cython.uchar[::1], at: cython.longlong, count: cython.longlong) -> cython.int:
    while count > 0:
        room[at] = 0
        at += 1
        count -= 1
    return 0


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
        _put_frame(room, at + 16, data, batch, row)
        at += 16 + captured
        row += 1
    return row, at
