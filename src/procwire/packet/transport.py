# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Transports with ports: TCP (RFC 9293), UDP (768), UDP-Lite (3828), SCTP (9260), DCCP (4340).

Refuses to read payload, and to check checksums: offload leaves them unset in captures of sent packets.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.packet._codes import (
        FAULT_TRANSPORT_INVALID,
        FAULT_TRANSPORT_LENGTH,
        FAULT_TRANSPORT_SHORT,
        LAYER_DCCP,
        LAYER_SCTP,
        LAYER_TCP,
        LAYER_UDP,
        LAYER_UDPLITE,
        MARK_HAS_PORTS,
        MAX_OPTIONS,
        PROTO_DCCP,
        PROTO_SCTP,
        STEP_DONE,
        STEP_UDP_TUNNEL,
    )
    from cython.cimports.procwire.packet.cursor import Cursor
    from cython.cimports.procwire.packet.octets import be16, be32
else:
    from procwire.packet._codes import (
        FAULT_TRANSPORT_INVALID,
        FAULT_TRANSPORT_LENGTH,
        FAULT_TRANSPORT_SHORT,
        LAYER_DCCP,
        LAYER_SCTP,
        LAYER_TCP,
        LAYER_UDP,
        LAYER_UDPLITE,
        MARK_HAS_PORTS,
        MAX_OPTIONS,
        PROTO_DCCP,
        PROTO_SCTP,
        STEP_DONE,
        STEP_UDP_TUNNEL,
    )
    from procwire.packet.cursor import Cursor
    from procwire.packet.octets import be16, be32


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def ports(c: Cursor) -> cython.bint:
    """The first four bytes of most transports."""
    if c.end - c.at < 4:
        return False
    c.sport = be16(c, c.at)
    c.dport = be16(c, c.at + 2)
    c.marks |= MARK_HAS_PORTS
    return True


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def truncated(c: Cursor) -> cython.int:
    """The header is not all there: what length it left is not known."""
    c.at = c.limit
    c.settle()
    return c.stop(FAULT_TRANSPORT_SHORT)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def tcp(c: Cursor) -> cython.int:
    """RFC 9293 section 3.1; the NS bit (RFC 3540) stays as the ninth flag."""
    at: cython.longlong = c.at
    head: cython.longlong
    c.layer(LAYER_TCP)
    if not ports(c) or c.end - at < 20:
        return truncated(c)
    head = (c.data[at + 12] >> 4) * 4
    if head < 20 or head > c.limit - at:
        c.at = c.limit
        c.settle()
        return c.stop(FAULT_TRANSPORT_INVALID)
    c.seq = be32(c, at + 4)
    c.ack = be32(c, at + 8)
    c.tcp_flags = be16(c, at + 12) & 0x1FF
    c.window = be16(c, at + 14)
    c.at = at + head
    c.settle()
    if c.tcp_flags & 2 and head > 20:
        options(c, at + 20, min(c.end, c.at))
    return STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def options(c: Cursor, at: cython.longlong, end: cython.longlong) -> cython.void:
    """MSS and window scale (RFC 9293 section 3.2, RFC 7323 section 2.2). What is malformed ends the list."""
    kind: cython.int
    size: cython.longlong
    count: cython.int = 0
    while at < end and count < MAX_OPTIONS:
        count += 1
        kind = c.data[at]
        if kind == 0:
            return
        if kind == 1:
            at += 1
            continue
        if at + 2 > end:
            return
        size = c.data[at + 1]
        if size < 2 or at + size > end:
            return
        if kind == 2 and size == 4:
            c.mss = be16(c, at + 2)
        elif kind == 3 and size == 3:
            c.scale = min(14, c.data[at + 2])
        at += size


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def udp(c: Cursor) -> cython.int:
    """RFC 768. The length field counts the header; 0 is a jumbogram (RFC 2675) or segmentation offload."""
    at: cython.longlong = c.at
    size: cython.longlong
    c.layer(LAYER_UDP)
    if not ports(c) or c.end - at < 8:
        return truncated(c)
    size = be16(c, at + 4)
    c.at = at + 8
    if size == 0 and (c.gigantic or c.limit - at > 65535):
        size = c.limit - at
    if size < 8:
        c.settle()
        return c.stop(FAULT_TRANSPORT_INVALID)
    if size > c.limit - at:
        if c.fault == 0 and not c.probe:
            c.fault = FAULT_TRANSPORT_LENGTH
    elif not c.gigantic:
        c.limit = at + size
        c.end = min(c.end, c.limit)
    c.settle()
    if c.probe:
        return STEP_DONE
    return STEP_UDP_TUNNEL


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def ported(c: Cursor) -> cython.int:
    """SCTP, DCCP, UDP-Lite: ports, then a header that differs in size. SCTP's tag goes to ``seq``."""
    at: cython.longlong = c.at
    size: cython.longlong = 8
    if c.proto == PROTO_SCTP:
        c.layer(LAYER_SCTP)
        size = 12
    elif c.proto == PROTO_DCCP:
        c.layer(LAYER_DCCP)
        size = 12
    else:
        c.layer(LAYER_UDPLITE)
    if not ports(c) or c.end - at < size:
        return truncated(c)
    if c.proto == PROTO_SCTP:
        c.seq = be32(c, at + 4)
    elif c.proto == PROTO_DCCP:
        size = c.data[at + 4] * 4
        if size < 12 or size > c.limit - at:
            c.at = c.limit
            c.settle()
            return c.stop(FAULT_TRANSPORT_INVALID)
    c.at = at + size
    c.settle()
    return STEP_DONE
