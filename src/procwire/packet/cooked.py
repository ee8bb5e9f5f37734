# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Headers that stand only at the start of a capture's frames: cooked, loopback, HDLC, PKTAP, NFLOG.

Source: https://www.tcpdump.org/linktypes.html. Each ends in an ethertype, PPP, 802.2 or another link type.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.packet._codes import (
        FAULT_LINK_INVALID,
        FAULT_LINK_SHORT,
        FOREIGN,
        INBOUND,
        LAYER_FR,
        LAYER_HDLC,
        LAYER_NFLOG,
        LAYER_NULL,
        LAYER_PKTAP,
        LAYER_PPI,
        LAYER_SLL,
        LAYER_SLL2,
        MAX_ATTRIBUTES,
        OUTBOUND,
        STEP_DONE,
        STEP_ENC,
        STEP_ETHER,
        STEP_FDDI,
        STEP_FRELAY,
        STEP_HDLC,
        STEP_IP4,
        STEP_IP6,
        STEP_LINK,
        STEP_LLC,
        STEP_LOOP,
        STEP_NFLOG,
        STEP_NULL,
        STEP_PKTAP,
        STEP_PPI,
        STEP_PPP,
        STEP_PPP_DIRECTION,
        STEP_SLL,
        STEP_SLL2,
        STEP_TYPE,
    )
    from cython.cimports.procwire.packet.cursor import Cursor
    from cython.cimports.procwire.packet.link import restore, unread
    from cython.cimports.procwire.packet.octets import be16, be32, le16, le32
else:
    from procwire.packet._codes import (
        FAULT_LINK_INVALID,
        FAULT_LINK_SHORT,
        FOREIGN,
        INBOUND,
        LAYER_FR,
        LAYER_HDLC,
        LAYER_NFLOG,
        LAYER_NULL,
        LAYER_PKTAP,
        LAYER_PPI,
        LAYER_SLL,
        LAYER_SLL2,
        MAX_ATTRIBUTES,
        OUTBOUND,
        STEP_DONE,
        STEP_ENC,
        STEP_ETHER,
        STEP_FDDI,
        STEP_FRELAY,
        STEP_HDLC,
        STEP_IP4,
        STEP_IP6,
        STEP_LINK,
        STEP_LLC,
        STEP_LOOP,
        STEP_NFLOG,
        STEP_NULL,
        STEP_PKTAP,
        STEP_PPI,
        STEP_PPP,
        STEP_PPP_DIRECTION,
        STEP_SLL,
        STEP_SLL2,
        STEP_TYPE,
    )
    from procwire.packet.cursor import Cursor
    from procwire.packet.link import restore, unread
    from procwire.packet.octets import be16, be32, le16, le32


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def header(c: Cursor, step: cython.int) -> cython.int:
    """Read the header that ``step`` names; returns the next step."""
    if step == STEP_SLL:
        return cooked(c)
    if step == STEP_SLL2:
        return cooked2(c)
    if step in (STEP_NULL, STEP_LOOP, STEP_ENC):
        return family(c, step)
    if step == STEP_HDLC:
        return hdlc(c)
    if step == STEP_FRELAY:
        return frame_relay(c)
    if step == STEP_PPP_DIRECTION:
        return directed(c)
    if step in (STEP_PKTAP, STEP_PPI):
        return relinked(c, step)
    if step == STEP_NFLOG:
        return nflog(c)
    if step == STEP_FDDI:
        c.at += 13
        return STEP_LLC
    return STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def heard(c: Cursor, kind: cython.int) -> cython.void:
    """The packet type of a cooked header: 0 to us, 1 broadcast, 2 multicast, 3 to others, 4 from us."""
    if kind <= 2:
        c.heading = INBOUND
    elif kind == 3:
        c.heading = FOREIGN
    elif kind == 4:
        c.heading = OUTBOUND


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def cooked(c: Cursor) -> cython.int:
    """LINKTYPE_LINUX_SLL: type, ARPHRD, address, protocol."""
    at: cython.longlong = c.at
    c.layer(LAYER_SLL)
    if c.end - at < 16:
        return c.stop(FAULT_LINK_SHORT)
    heard(c, be16(c, at))
    c.kind = be16(c, at + 14)
    c.at = at + 16
    return protocol(c, be16(c, at + 2))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def cooked2(c: Cursor) -> cython.int:
    """LINKTYPE_LINUX_SLL2: protocol, interface index, ARPHRD, type, address."""
    at: cython.longlong = c.at
    c.layer(LAYER_SLL2)
    if c.end - at < 20:
        return c.stop(FAULT_LINK_SHORT)
    heard(c, c.data[at + 10])
    c.kind = be16(c, at)
    c.at = at + 20
    return protocol(c, be16(c, at + 8))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def protocol(c: Cursor, hardware: cython.int) -> cython.int:
    """The protocol field of a cooked header, whose meaning hangs on the ARPHRD value."""
    if hardware == 824:  # netlink: the field is its family
        c.kind = 0
        return unread(c)
    if c.kind == 4:  # LINUX_SAP_802_2
        c.kind = 0
        return STEP_LLC
    if c.stripped:
        restore(c)
    if c.kind < 0x0600:  # Novell 802.3, CAN and the like
        return unread(c)
    return STEP_TYPE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def family(c: Cursor, step: cython.int) -> cython.int:
    """LINKTYPE_NULL and ENC in the capturing host's byte order, LOOP in network order: an address family."""
    value: cython.uint
    size: cython.int = 12 if step == STEP_ENC else 4
    c.layer(LAYER_NULL)
    if c.end - c.at < size:
        return c.stop(FAULT_LINK_SHORT)
    value = be32(c, c.at)
    if step != STEP_LOOP and value > 0xFFFF:
        value = le32(c, c.at)
    c.at += size
    if value == 2:
        c.kind = 0x0800
        return STEP_IP4
    if value in {10, 23, 24, 28, 30}:  # AF_INET6 of each system
        c.kind = 0x86DD
        return STEP_IP6
    c.kind = 0
    return unread(c)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def hdlc(c: Cursor) -> cython.int:
    """Cisco HDLC: address, control, ethertype. Frames that begin FF 03 are PPP (RFC 1662)."""
    at: cython.longlong = c.at
    if c.end - at >= 2 and be16(c, at) == 0xFF03:
        return STEP_PPP
    c.layer(LAYER_HDLC)
    if c.end - at < 4:
        return c.stop(FAULT_LINK_SHORT)
    c.kind = be16(c, at + 2)
    c.at = at + 4
    return STEP_TYPE if c.kind >= 0x0600 else unread(c)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def frame_relay(c: Cursor) -> cython.int:
    """RFC 2427 section 4: Q.922 address, UI control, NLPID; or Cisco's ethertype after the address."""
    at: cython.longlong = c.at
    size: cython.int = 0
    c.layer(LAYER_FR)
    while size < 4:
        if c.end - at <= size:
            return c.stop(FAULT_LINK_SHORT)
        size += 1
        if c.data[at + size - 1] & 1:
            break
    at += size
    if c.end - at < 3:
        return c.stop(FAULT_LINK_SHORT)
    if c.data[at] != 3:
        c.kind = be16(c, at)
        c.at = at + 2
        return STEP_TYPE if c.kind >= 0x0600 else unread(c)
    at += 2 if c.data[at + 1] == 0 else 1
    return network_layer(c, at)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def network_layer(c: Cursor, at: cython.longlong) -> cython.int:
    """An NLPID (ISO/IEC TR 9577): CC and 8E are IP, 80 is SNAP, CF is PPP."""
    which: cython.int
    if c.end - at < 1:
        return c.stop(FAULT_LINK_SHORT)
    which = c.data[at]
    c.at = at + 1
    if which == 0xCC:
        c.kind = 0x0800
        return STEP_IP4
    if which == 0x8E:
        c.kind = 0x86DD
        return STEP_IP6
    if which == 0xCF:
        return STEP_PPP
    c.kind = 0
    if which != 0x80:
        return unread(c)
    if c.end - c.at < 5:
        return c.stop(FAULT_LINK_SHORT)
    which = be16(c, c.at) + c.data[c.at + 2]
    c.kind = be16(c, c.at + 3)
    c.at += 5
    if which == 0 and c.kind >= 0x0600:
        return STEP_TYPE
    if be16(c, c.at - 5) == 0x0080 and c.kind == 7:  # RFC 2427 section 4.2, bridged 802.3 without FCS
        return STEP_ETHER
    c.kind = 0
    return unread(c)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def directed(c: Cursor) -> cython.int:
    """LINKTYPE_PPP_WITH_DIR: a byte that is 0 for received, else sent, then PPP."""
    if c.end - c.at < 1:
        return c.stop(FAULT_LINK_SHORT)
    c.heading = OUTBOUND if c.data[c.at] else INBOUND
    c.at += 1
    return STEP_PPP


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def relinked(c: Cursor, step: cython.int) -> cython.int:
    """PKTAP and PPI: a little-endian header that names the link type of the frame within."""
    at: cython.longlong = c.at
    size: cython.longlong
    link: cython.longlong
    if step == STEP_PKTAP:
        c.layer(LAYER_PKTAP)
        if c.end - at < 12:
            return c.stop(FAULT_LINK_SHORT)
        size = le32(c, at)
        link = le32(c, at + 8)
    else:
        c.layer(LAYER_PPI)
        if c.end - at < 8:
            return c.stop(FAULT_LINK_SHORT)
        size = le16(c, at + 2)
        link = le32(c, at + 4)
    if size < 8 or link > 0xFFFF:
        return c.stop(FAULT_LINK_INVALID)
    if size > c.end - at:
        return c.stop(FAULT_LINK_SHORT)
    c.at = at + size
    c.kind = link
    return STEP_LINK


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def nflog(c: Cursor) -> cython.int:
    """LINKTYPE_NFLOG: family, version, resource, then attributes; number 9 is the packet."""
    at: cython.longlong = c.at
    size: cython.longlong
    which: cython.int
    count: cython.int = 0
    c.layer(LAYER_NFLOG)
    if c.end - at < 4:
        return c.stop(FAULT_LINK_SHORT)
    which = c.data[at]
    at += 4
    while count < MAX_ATTRIBUTES and c.end - at >= 4:
        size = le16(c, at)
        if size < 4:
            return c.stop(FAULT_LINK_INVALID)
        if le16(c, at + 2) == 9:
            c.at = at + 4
            c.limit = min(c.limit, at + size)
            c.end = min(c.end, c.limit)
            return STEP_IP4 if which == 2 else STEP_IP6 if which == 10 else STEP_DONE
        at += (size + 3) // 4 * 4
        count += 1
    return c.stop(FAULT_LINK_SHORT)
