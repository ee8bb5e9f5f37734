# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Tunnels: GRE, PPTP, ERSPAN, EtherIP, and over UDP VXLAN, Geneve, GTP-U, Teredo.

A UDP tunnel is entered only where its port and its header both say so and what it carries looks whole;
otherwise the packet stays plain UDP. Identifiers that differ between the two directions of a
conversation (PPTP call id, GTP TEID) stay out of the tunnel hash, or the directions would part.
Refuses to keep state: each packet is judged by itself.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.packet._codes import (
        FAULT_TUNNEL_INVALID,
        LAYER_ERSPAN,
        LAYER_ETHERIP,
        LAYER_GENEVE,
        LAYER_GRE,
        LAYER_GTP,
        LAYER_MPLS,
        LAYER_PPTP,
        LAYER_TEREDO,
        LAYER_VXLAN,
        MAX_DEPTH,
        MAX_EXTENSIONS,
        STEP_DONE,
        STEP_ETHER,
        STEP_IP4,
        STEP_IP6,
        STEP_MPLS,
        STEP_NIBBLE,
        STEP_PPP,
        STEP_TYPE,
    )
    from cython.cimports.procwire.packet.cursor import Cursor
    from cython.cimports.procwire.packet.octets import be16, be32
else:
    from procwire.packet._codes import (
        FAULT_TUNNEL_INVALID,
        LAYER_ERSPAN,
        LAYER_ETHERIP,
        LAYER_GENEVE,
        LAYER_GRE,
        LAYER_GTP,
        LAYER_MPLS,
        LAYER_PPTP,
        LAYER_TEREDO,
        LAYER_VXLAN,
        MAX_DEPTH,
        MAX_EXTENSIONS,
        STEP_DONE,
        STEP_ETHER,
        STEP_IP4,
        STEP_IP6,
        STEP_MPLS,
        STEP_NIBBLE,
        STEP_PPP,
        STEP_TYPE,
    )
    from procwire.packet.cursor import Cursor
    from procwire.packet.octets import be16, be32


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def gre(c: Cursor) -> cython.int:
    """RFC 2784 and 2890: flags say which of checksum, key and sequence are there; version 1 is PPTP's."""
    at: cython.longlong = c.at
    size: cython.longlong = 4
    flags: cython.uint
    key: cython.uint = 0
    c.layer(LAYER_GRE)
    if c.end - at < 4:
        return c.stop(FAULT_TUNNEL_INVALID)
    flags = be16(c, at)
    if flags & 7 == 1:
        return pptp(c, flags)
    if flags & 7 != 0 or flags & 0x4000:  # RFC 1701 source routing is long dead
        return c.stop(FAULT_TUNNEL_INVALID)
    if flags & 0x8000:
        size += 4
    if flags & 0x2000:
        size += 4
        if c.end - at < size:
            return c.stop(FAULT_TUNNEL_INVALID)
        key = be32(c, at + size - 4)
    if flags & 0x1000:
        size += 4
    if c.end - at < size:
        return c.stop(FAULT_TUNNEL_INVALID)
    c.kind = be16(c, at + 2)
    c.at = at + size
    return carried(c, key, flags & 0x1000)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def carried(c: Cursor, key: cython.uint, numbered: cython.uint) -> cython.int:
    """What a GRE header's protocol type says is inside."""
    kind: cython.int = c.kind
    if kind in {0x88BE, 0x22EB}:
        return erspan(c, numbered)
    c.enter(LAYER_GRE, key)
    if kind == 0x883E:  # WCCP: a redirect header of four bytes may stand first
        if c.end - c.at >= 5 and c.data[c.at] >> 4 != 4:
            c.at += 4
        c.kind = 0x0800
        return STEP_IP4 if within(c) else STEP_DONE
    if kind < 0x0600:
        return STEP_DONE
    return STEP_TYPE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def pptp(c: Cursor, flags: cython.uint) -> cython.int:
    """RFC 2637 section 4.1: a key of payload length and call id, then PPP; without sequence, an ack."""
    at: cython.longlong = c.at
    size: cython.longlong = 8
    length: cython.longlong
    c.layer(LAYER_PPTP)
    if flags & 0x1000:
        size += 4
    if flags & 0x0080:
        size += 4
    if c.end - at < size or be16(c, at + 2) != 0x880B or not flags & 0x2000:
        return c.stop(FAULT_TUNNEL_INVALID)
    length = be16(c, at + 4)
    c.at = at + size
    if not flags & 0x1000 or length == 0:
        return STEP_DONE
    if length < c.limit - c.at:
        c.limit = c.at + length
        c.end = min(c.end, c.limit)
    c.enter(LAYER_PPTP, 0)
    return STEP_PPP


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def erspan(c: Cursor, numbered: cython.uint) -> cython.int:
    """draft-foschiano-erspan: type I has no header and no GRE sequence, II has 8 bytes, III has 12 or 20."""
    size: cython.longlong = 0
    session: cython.uint = 0
    c.layer(LAYER_ERSPAN)
    if c.kind == 0x22EB:
        size = 12
    elif numbered:
        size = 8
    if c.end - c.at < size:
        return c.stop(FAULT_TUNNEL_INVALID)
    if size:
        session = be32(c, c.at) & 0x3FF
        if size == 12 and c.data[c.at + 11] & 1:
            size = 20
        if c.end - c.at < size:
            return c.stop(FAULT_TUNNEL_INVALID)
    c.enter(LAYER_ERSPAN, session)
    c.at += size
    return STEP_ETHER


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def etherip(c: Cursor) -> cython.int:
    """RFC 3378 section 3: version 3 and zeros, then a frame."""
    c.layer(LAYER_ETHERIP)
    if c.end - c.at < 2 or be16(c, c.at) != 0x3000:
        return c.stop(FAULT_TUNNEL_INVALID)
    c.enter(LAYER_ETHERIP, 0)
    c.at += 2
    return STEP_ETHER


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def datagram(c: Cursor) -> cython.int:
    """Is this UDP datagram a tunnel's? DONE leaves it plain UDP."""
    to: cython.int = c.dport
    room: cython.longlong = c.end - c.at
    if room < 16 or c.nets >= MAX_DEPTH:
        return STEP_DONE
    if to in {4789, 8472}:
        return vxlan(c)
    if to == 4790:
        return vxlan_gpe(c)
    if to == 6081:
        return geneve(c)
    if to == 2152 or c.sport == 2152:
        return gtp(c)
    if (to == 3544 or c.sport == 3544) and c.family == 4:
        return teredo(c)
    if to == 6635:  # RFC 7510
        c.enter(LAYER_MPLS, 0)
        return STEP_MPLS
    return STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def within(c: Cursor) -> cython.bint:
    """Does a plausible IP packet, that fits, begin at ``at``?"""
    room: cython.longlong = c.limit - c.at
    if c.end - c.at < 20:
        return False
    if c.data[c.at] >> 4 == 4:
        return (c.data[c.at] & 15) >= 5 and 20 <= be16(c, c.at + 2) <= room
    return c.data[c.at] >> 4 == 6 and c.end - c.at >= 40 and be16(c, c.at + 4) + 40 <= room


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def framed(c: Cursor, at: cython.longlong) -> cython.bint:
    """Does a plausible Ethernet frame begin at ``at``?"""
    kind: cython.uint
    if c.end - at < 14:
        return False
    kind = be16(c, at + 12)
    return kind >= 0x0600 or (kind > 0 and at + 14 + kind <= c.limit)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def vxlan(c: Cursor) -> cython.int:
    """RFC 7348 section 5: flag I, the rest reserved (bits of group policy are let by), a 24-bit VNI."""
    at: cython.longlong = c.at
    if c.data[at] & 0x7F != 0x08 or c.data[at + 7] != 0 or not framed(c, at + 8):
        return STEP_DONE
    c.layer(LAYER_VXLAN)
    c.enter(LAYER_VXLAN, be32(c, at + 4) >> 8)
    c.at = at + 8
    return STEP_ETHER


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def vxlan_gpe(c: Cursor) -> cython.int:
    """draft-ietf-nvo3-vxlan-gpe: next protocol 1 IPv4, 2 IPv6, 3 Ethernet."""
    at: cython.longlong = c.at
    which: cython.int = c.data[at + 3]
    if c.data[at] & 0xF8 != 0x08 or c.data[at + 7] != 0 or not 1 <= which <= 3:
        return STEP_DONE
    c.at = at + 8
    if (which == 3 and not framed(c, c.at)) or (which < 3 and not within(c)):
        return STEP_DONE
    c.layer(LAYER_VXLAN)
    c.enter(LAYER_VXLAN, be32(c, at + 4) >> 8)
    return STEP_ETHER if which == 3 else STEP_NIBBLE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def geneve(c: Cursor) -> cython.int:
    """RFC 8926 section 3.4: version 0, options in words of four bytes, an ethertype, a 24-bit VNI."""
    at: cython.longlong = c.at
    size: cython.longlong = 8 + (c.data[at] & 0x3F) * 4
    kind: cython.uint = be16(c, at + 2)
    if c.data[at] >> 6 or c.data[at + 1] & 0x3F or c.data[at + 7] or c.end - at < size:
        return STEP_DONE
    c.at = at + size
    if kind == 0x6558:
        if not framed(c, c.at):
            return STEP_DONE
    elif (kind not in {0x0800, 0x86DD}) or not within(c):
        return STEP_DONE
    c.layer(LAYER_GENEVE)
    c.enter(LAYER_GENEVE, be32(c, at + 4) >> 8)
    c.kind = kind
    return STEP_TYPE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def gtp(c: Cursor) -> cython.int:
    """3GPP TS 29.281 section 5.1: version 1, type 255 (G-PDU), its length, a TEID, extension headers."""
    at: cython.longlong = c.at
    start: cython.longlong = at
    size: cython.longlong
    count: cython.int = 0
    if c.data[at] & 0xF0 != 0x30 or c.data[at + 1] != 255 or be16(c, at + 2) > c.limit - at - 8:
        return STEP_DONE
    at += 8
    if c.data[start] & 7:
        at += 4
        while c.data[start] & 4 and c.data[at - 1] != 0:
            if count >= MAX_EXTENSIONS or c.end <= at:
                return STEP_DONE
            size = c.data[at] * 4
            if size == 0 or c.end - at < size:
                return STEP_DONE
            at += size
            count += 1
    c.at = at
    if not within(c):
        return STEP_DONE
    c.layer(LAYER_GTP)
    c.enter(LAYER_GTP, 0)
    return STEP_NIBBLE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def teredo(c: Cursor) -> cython.int:
    """RFC 4380 section 5.1.1: authentication (0001) and origin (0000) indications, then IPv6."""
    at: cython.longlong = c.at
    if be16(c, at) == 1:
        at += 13 + c.data[at + 2] + c.data[at + 3]
    if c.end - at >= 8 and be16(c, at) == 0:
        at += 8
    if c.end - at < 40 or c.data[at] >> 4 != 6:
        return STEP_DONE
    c.at = at
    if be16(c, at + 4) + 40 > c.limit - at:
        return STEP_DONE
    c.layer(LAYER_TEREDO)
    c.enter(LAYER_TEREDO, 0)
    c.kind = 0x86DD
    return STEP_IP6
