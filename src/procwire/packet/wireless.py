# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""IEEE 802.11 data frames, with or without radiotap, Prism or AVS headers before them.

Of an A-MSDU the first subframe is read. A protected frame is counted as encrypted and not read further.
Refuses management and control frames: they carry no IP.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.packet._codes import (
        FAULT_LINK_INVALID,
        FAULT_LINK_SHORT,
        LAYER_RADIOTAP,
        LAYER_WLAN,
        STEP_DONE,
        STEP_LLC,
        STEP_PRISM,
        STEP_RADIOTAP,
        STEP_WLAN,
    )
    from cython.cimports.procwire.packet.cursor import Cursor
    from cython.cimports.procwire.packet.octets import be16, be32, le16, le32
else:
    from procwire.packet._codes import (
        FAULT_LINK_INVALID,
        FAULT_LINK_SHORT,
        LAYER_RADIOTAP,
        LAYER_WLAN,
        STEP_DONE,
        STEP_LLC,
        STEP_PRISM,
        STEP_RADIOTAP,
        STEP_WLAN,
    )
    from procwire.packet.cursor import Cursor
    from procwire.packet.octets import be16, be32, le16, le32


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def radio(c: Cursor, step: cython.int) -> cython.int:
    """The header that ``step`` names: WLAN itself, or one that reports reception and then WLAN."""
    if step == STEP_WLAN:
        return wlan(c, 0)
    if step == STEP_RADIOTAP:
        return radiotap(c)
    if step == STEP_PRISM:
        return prism(c)
    return avs(c)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def radiotap(c: Cursor) -> cython.int:
    """https://www.radiotap.org: version 0, little-endian length, then words of which fields are present.

    TSFT (bit 0) stands before the flags (bit 1), whose 0x10 says that an FCS ends the frame and 0x20
    that the header is padded to four bytes.
    """
    at: cython.longlong = c.at
    size: cython.longlong
    field: cython.longlong = 8
    present: cython.uint
    more: cython.uint
    flags: cython.int = 0
    c.layer(LAYER_RADIOTAP)
    if c.end - at < 8:
        return c.stop(FAULT_LINK_SHORT)
    size = le16(c, at + 2)
    present = le32(c, at + 4)
    if c.data[at] != 0 or size < 8:
        return c.stop(FAULT_LINK_INVALID)
    if size > c.end - at:
        return c.stop(FAULT_LINK_SHORT)
    more = present
    while more >> 31 and field + 4 <= size:
        more = le32(c, at + field)
        field += 4
    if present & 1:
        field = (field + 7) // 8 * 8 + 8
    if present & 2 and field < size:
        flags = c.data[at + field]
    c.at = at + size
    if flags & 0x10 and c.limit - c.at >= 4:
        c.limit -= 4
        c.end = min(c.end, c.limit)
    return wlan(c, flags & 0x20)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def prism(c: Cursor) -> cython.int:
    """LINKTYPE_IEEE802_11_PRISM: its length field tells the byte order; AVS may stand here."""
    at: cython.longlong = c.at
    size: cython.uint
    if c.end - at < 8:
        return c.stop(FAULT_LINK_SHORT)
    if be32(c, at) >> 12 == 0x80211:
        return avs(c)
    c.layer(LAYER_RADIOTAP)
    size = le32(c, at + 4)
    if size > 0xFFFF:
        size = be32(c, at + 4)
    return past(c, size)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def avs(c: Cursor) -> cython.int:
    """LINKTYPE_IEEE802_11_AVS: a version and a length, big-endian."""
    c.layer(LAYER_RADIOTAP)
    if c.end - c.at < 8:
        return c.stop(FAULT_LINK_SHORT)
    return past(c, be32(c, c.at + 4))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def past(c: Cursor, size: cython.uint) -> cython.int:
    """Skip a header of ``size`` bytes."""
    if size < 8:
        return c.stop(FAULT_LINK_INVALID)
    if size > c.end - c.at:
        return c.stop(FAULT_LINK_SHORT)
    c.at += size
    return wlan(c, 0)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def wlan(c: Cursor, padded: cython.int) -> cython.int:
    """IEEE 802.11-2020 clause 9.3.2: 24 bytes, more for four addresses, QoS, HT control."""
    at: cython.longlong = c.at
    size: cython.longlong = 24
    control: cython.int
    flags: cython.int
    qos: cython.int = 0
    c.layer(LAYER_WLAN)
    if c.end - at < 2:
        return c.stop(FAULT_LINK_SHORT)
    control = c.data[at]
    flags = c.data[at + 1]
    if control & 0x0F != 0x08 or control & 0x40:  # not data, version 0; or without a body
        return STEP_DONE
    if flags & 3 == 3:
        size += 6
    if control & 0x80:
        if c.end - at < size + 2:
            return c.stop(FAULT_LINK_SHORT)
        qos = c.data[at + size]
        size += 6 if flags & 0x80 else 2
    if padded:
        size = (size + 3) // 4 * 4
    if c.end - at < size:
        return c.stop(FAULT_LINK_SHORT)
    c.at = at + size
    if flags & 0x40:
        c.encrypted = 1
        c.settle()
        return STEP_DONE
    if control & 0x80 and qos & 0x80:
        return subframe(c)
    return STEP_LLC


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def subframe(c: Cursor) -> cython.int:
    """The first subframe of an A-MSDU (clause 9.3.2.2.2): two addresses, a length, then 802.2."""
    size: cython.longlong
    if c.end - c.at < 14:
        return c.stop(FAULT_LINK_SHORT)
    size = be16(c, c.at + 12)
    c.at += 14
    if size < c.limit - c.at:
        c.limit = c.at + size
        c.end = min(c.end, c.limit)
    return STEP_LLC
