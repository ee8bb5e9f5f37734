# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""IPv4 (RFC 791) and IPv6 (RFC 8200) headers, options and extension headers, jumbograms (RFC 2675).

Refuses to check checksums: offload leaves them unset in captures of sent packets. A header that
cannot be read leaves the columns to the header around it.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.packet._codes import (
        FAULT_EXTENSION_INVALID,
        FAULT_FRAGMENT_INVALID,
        FAULT_NETWORK_INVALID,
        FAULT_NETWORK_LENGTH,
        FAULT_NETWORK_OVERRUN,
        FAULT_NETWORK_SHORT,
        FAULT_TOO_DEEP,
        LAYER_IP,
        LAYER_IP6,
        MARK_FRAGMENT,
        MARK_IS_IP,
        MAX_DEPTH,
        MAX_EXTENSIONS,
        PROTO_DSTOPTS,
        PROTO_FRAGMENT,
        PROTO_HIP,
        PROTO_HOPOPT,
        PROTO_ICMP6,
        PROTO_MOBILITY,
        PROTO_NONE,
        PROTO_ROUTING,
        PROTO_SHIM6,
        PROTO_TCP,
        PROTO_UDP,
        STEP_EXTENSIONS,
        STEP_FRAGMENT,
        STEP_PROTO,
    )
    from cython.cimports.procwire.packet.cursor import Cursor
    from cython.cimports.procwire.packet.octets import be16, be32, be64
else:
    from procwire.packet._codes import (
        FAULT_EXTENSION_INVALID,
        FAULT_FRAGMENT_INVALID,
        FAULT_NETWORK_INVALID,
        FAULT_NETWORK_LENGTH,
        FAULT_NETWORK_OVERRUN,
        FAULT_NETWORK_SHORT,
        FAULT_TOO_DEEP,
        LAYER_IP,
        LAYER_IP6,
        MARK_FRAGMENT,
        MARK_IS_IP,
        MAX_DEPTH,
        MAX_EXTENSIONS,
        PROTO_DSTOPTS,
        PROTO_FRAGMENT,
        PROTO_HIP,
        PROTO_HOPOPT,
        PROTO_ICMP6,
        PROTO_MOBILITY,
        PROTO_NONE,
        PROTO_ROUTING,
        PROTO_SHIM6,
        PROTO_TCP,
        PROTO_UDP,
        STEP_EXTENSIONS,
        STEP_FRAGMENT,
        STEP_PROTO,
    )
    from procwire.packet.cursor import Cursor
    from procwire.packet.octets import be16, be32, be64


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def trim(c: Cursor, limit: cython.longlong) -> cython.void:
    """The IP header says where its packet ends: beyond is padding; what it lacks was never sent."""
    if limit > c.limit and c.fault == 0:
        c.fault = FAULT_NETWORK_OVERRUN
    c.limit = min(c.limit, limit)
    c.end = min(c.end, limit)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def begin(c: Cursor, family: cython.int, proto: cython.int, ttl: cython.int) -> cython.void:
    """An IP header was good: its columns replace those of the header around it."""
    c.family = family
    c.proto = proto
    c.ttl = ttl
    c.tunnel = c.pending
    c.marks = MARK_IS_IP
    c.nets += 1
    c.clear()


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def ip4(c: Cursor) -> cython.int:
    """RFC 791 section 3.1. A total length of 0 is a segmentation-offload packet: the frame says how long."""
    at: cython.longlong = c.at
    head: cython.longlong
    total: cython.longlong
    part: cython.int
    c.layer(LAYER_IP)
    if c.end - at < 20:
        return c.stop(FAULT_NETWORK_SHORT)
    head = (c.data[at] & 15) * 4
    if c.data[at] >> 4 != 4 or head < 20:
        return c.stop(FAULT_NETWORK_INVALID)
    if c.nets >= MAX_DEPTH:
        return c.stop(FAULT_TOO_DEEP)
    total = be16(c, at + 2)
    if total == 0 and c.limit - at > head and (c.nets == 0 or c.data[at + 9] in (PROTO_TCP, PROTO_UDP)):
        c.gigantic = 1
        total = c.limit - at
    elif total < head:
        return c.stop(FAULT_NETWORK_LENGTH)
    begin(c, 4, c.data[at + 9], c.data[at + 8])
    c.src_hi = c.dst_hi = 0
    c.src_lo = be32(c, at + 12)
    c.dst_lo = be32(c, at + 16)
    trim(c, at + total)
    c.at = at + head
    c.settle()
    if head > 20 and c.end < c.at:
        return c.stop(FAULT_NETWORK_SHORT)
    part = be16(c, at + 6) & 0x3FFF
    if part:
        c.fragment_id = be16(c, at + 4)
        return fragment(c, (part & 0x1FFF) * 8, part >> 13)
    return STEP_PROTO


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def fragment(c: Cursor, offset: cython.longlong, more: cython.int) -> cython.int:
    """Hand a fragment over to be reassembled."""
    c.fragment_offset = offset
    c.more = more
    c.marks |= MARK_FRAGMENT
    if c.gigantic or offset + c.length > 65535 or (more and c.length % 8) or c.length == 0:
        return c.stop(FAULT_FRAGMENT_INVALID)
    return STEP_FRAGMENT


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def ip6(c: Cursor) -> cython.int:
    """RFC 8200 section 3."""
    at: cython.longlong = c.at
    size: cython.longlong
    c.layer(LAYER_IP6)
    if c.end - at < 40:
        return c.stop(FAULT_NETWORK_SHORT)
    if c.data[at] >> 4 != 6:
        return c.stop(FAULT_NETWORK_INVALID)
    if c.nets >= MAX_DEPTH:
        return c.stop(FAULT_TOO_DEEP)
    size = be16(c, at + 4)
    begin(c, 6, c.data[at + 6], c.data[at + 7])
    c.src_hi = be64(c, at + 8)
    c.src_lo = be64(c, at + 16)
    c.dst_hi = be64(c, at + 24)
    c.dst_lo = be64(c, at + 32)
    c.at = at + 40
    if size == 0:
        size = gigantic(c)
    trim(c, at + 40 + size)
    c.settle()
    if c.proto in (PROTO_TCP, PROTO_UDP, PROTO_ICMP6):
        return STEP_PROTO
    return extensions(c)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def gigantic(c: Cursor) -> cython.longlong:
    """The size of a packet whose length field is 0: RFC 2675's option says it, for offload the frame does."""
    at: cython.longlong = c.at
    if c.proto == PROTO_HOPOPT and c.end - at >= 8 and c.data[at + 2] == 0xC2 and c.data[at + 3] == 4:
        c.gigantic = 1
        return be32(c, at + 4)
    if c.proto in (PROTO_TCP, PROTO_UDP, PROTO_HOPOPT):
        c.gigantic = 1
        return c.limit - at if c.limit > at else 0
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def extensions(c: Cursor) -> cython.int:
    """RFC 8200 section 4 in any order, with mobility (6275), HIP (7401) and shim6 (5533)."""
    size: cython.longlong
    proto: cython.int
    count: cython.int = 0
    while count < MAX_EXTENSIONS:
        proto = c.proto
        if proto == PROTO_FRAGMENT:
            return fragment_header(c)
        if not extends(proto):
            c.settle()
            return STEP_PROTO
        if c.end - c.at < 8:
            c.settle()
            return c.stop(FAULT_NETWORK_SHORT)
        size = c.data[c.at + 1] * 8 + 8
        if size > c.limit - c.at:
            c.settle()
            return c.stop(FAULT_EXTENSION_INVALID)
        if proto >= PROTO_MOBILITY and c.data[c.at] == PROTO_NONE:
            c.settle()  # a signalling message of its own, not a header before another
            return STEP_PROTO
        c.proto = c.data[c.at]
        c.at += size
        if c.at > c.end:
            c.settle()
            return c.stop(FAULT_NETWORK_SHORT)
        count += 1
    c.settle()
    return c.stop(FAULT_TOO_DEEP)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def extends(proto: cython.int) -> cython.bint:
    """Is it an extension header with the common shape?"""
    if proto in (PROTO_HOPOPT, PROTO_ROUTING, PROTO_DSTOPTS):
        return True
    return proto in (PROTO_MOBILITY, PROTO_HIP, PROTO_SHIM6)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def fragment_header(c: Cursor) -> cython.int:
    """RFC 8200 section 4.5; one with offset 0 and no more to come is whole by itself (RFC 6946)."""
    part: cython.int
    if c.end - c.at < 8:
        c.settle()
        return c.stop(FAULT_NETWORK_SHORT)
    c.proto = c.data[c.at]
    part = be16(c, c.at + 2)
    c.fragment_id = be32(c, c.at + 4)
    c.at += 8
    c.settle()
    if part & 0xFFF9:
        return fragment(c, part & 0xFFF8, part & 1)
    return extensions_again(c)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def extensions_again(c: Cursor) -> cython.int:
    """After an atomic fragment's header another may not follow, other headers may."""
    if c.proto == PROTO_FRAGMENT:
        return c.stop(FAULT_EXTENSION_INVALID)
    if extends(c.proto):
        return STEP_EXTENSIONS
    return STEP_PROTO
