# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Link layers from an ethertype on: Ethernet, VLAN stacks, 802.2, PPP, PPPoE, NSH.

Sources: IEEE 802.3, 802.1Q, 802.1ah, 802.2, RFC 1661, 2516, 8300.
Refuses to guess at a type it does not know: such a frame is counted by the type's name.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.packet._codes import (
        FAULT_LINK_INVALID,
        FAULT_LINK_SHORT,
        LAYER_ARP,
        LAYER_CMD,
        LAYER_ETAG,
        LAYER_ETH,
        LAYER_FABRICPATH,
        LAYER_HSR,
        LAYER_ITAG,
        LAYER_LLC,
        LAYER_MACSEC,
        LAYER_NSH,
        LAYER_OTHER,
        LAYER_PPP,
        LAYER_PPPOE,
        LAYER_RTAG,
        LAYER_SNAP,
        LAYER_VLAN,
        LAYER_VNTAG,
        STEP_DONE,
        STEP_ETHER,
        STEP_HDLC,
        STEP_IP4,
        STEP_IP6,
        STEP_ITAG,
        STEP_LLC,
        STEP_MPLS,
        STEP_NSH,
        STEP_PPP,
        STEP_PPPOE,
        STEP_TAGGED,
        STEP_TYPE,
    )
    from cython.cimports.procwire.packet.cursor import Cursor
    from cython.cimports.procwire.packet.octets import be16, be32
else:
    from procwire.packet._codes import (
        FAULT_LINK_INVALID,
        FAULT_LINK_SHORT,
        LAYER_ARP,
        LAYER_CMD,
        LAYER_ETAG,
        LAYER_ETH,
        LAYER_FABRICPATH,
        LAYER_HSR,
        LAYER_ITAG,
        LAYER_LLC,
        LAYER_MACSEC,
        LAYER_NSH,
        LAYER_OTHER,
        LAYER_PPP,
        LAYER_PPPOE,
        LAYER_RTAG,
        LAYER_SNAP,
        LAYER_VLAN,
        LAYER_VNTAG,
        STEP_DONE,
        STEP_ETHER,
        STEP_HDLC,
        STEP_IP4,
        STEP_IP6,
        STEP_ITAG,
        STEP_LLC,
        STEP_MPLS,
        STEP_NSH,
        STEP_PPP,
        STEP_PPPOE,
        STEP_TAGGED,
        STEP_TYPE,
    )
    from procwire.packet.cursor import Cursor
    from procwire.packet.octets import be16, be32


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def frame(c: Cursor, step: cython.int) -> cython.int:
    """Read the one link header that ``step`` names, at ``c.at``; returns the next step."""
    if step == STEP_ETHER:
        return ethernet(c)
    if step == STEP_TYPE:
        return by_type(c)
    if step == STEP_TAGGED:
        return tagged(c)
    if step == STEP_LLC:
        return llc(c)
    if step == STEP_PPP:
        return ppp(c)
    if step == STEP_PPPOE:
        return pppoe(c)
    if step == STEP_ITAG:
        return itag(c)
    if step == STEP_NSH:
        return nsh(c)
    return STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def ethernet(c: Cursor) -> cython.int:
    """IEEE 802.3: two addresses, then an ethertype or the length of an 802.2 payload."""
    at: cython.longlong = c.at
    c.layer(LAYER_ETH)
    if c.end - at < 14:
        return c.stop(FAULT_LINK_SHORT)
    c.at = at + 14
    c.kind = be16(c, at + 12)
    if c.stripped:
        restore(c)
    if c.kind == 0x0800:
        return STEP_IP4
    if c.kind == 0x86DD:
        return STEP_IP6
    return STEP_TYPE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def restore(c: Cursor) -> cython.void:
    """The tag that a kernel or NIC took out stood before all others (TCI low, TPID high)."""
    c.layer(LAYER_VLAN)
    c.vlan = c.stripped & 0x0FFF
    c.vlans = 1
    c.stripped = 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def sized(c: Cursor) -> cython.int:
    """A length instead of a type (IEEE 802.3 3.2.6): 802.2 follows, and what is beyond it is padding."""
    size: cython.longlong = c.kind
    c.kind = 0
    if size > 1535:
        return c.stop(FAULT_LINK_INVALID)
    if 0 < size < c.limit - c.at:
        c.limit = c.at + size
        c.end = min(c.end, c.limit)
    return STEP_LLC


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def by_type(c: Cursor) -> cython.int:
    """What an ethertype says follows; the payload of an unread one stays where it is."""
    kind: cython.int = c.kind
    if kind == 0x0800:
        return STEP_IP4
    if kind == 0x86DD:
        return STEP_IP6
    if kind < 0x0600:
        return sized(c)
    if kind in {0x8100, 0x88A8, 0x9100, 0x9200, 0x9300}:
        return vlan(c)
    if kind in {0x8847, 0x8848}:
        return STEP_MPLS
    if kind == 0x8864:
        return STEP_PPPOE
    if kind == 0x6558:
        return STEP_ETHER
    if kind == 0x880B:
        return STEP_PPP
    if kind == 0x88E7:
        return STEP_ITAG
    return STEP_TAGGED


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def vlan(c: Cursor) -> cython.int:
    """IEEE 802.1Q clause 9.6: tag control information, then the next type. Two ids are kept."""
    tag: cython.uint
    c.layer(LAYER_VLAN)
    if c.end - c.at < 4:
        return c.stop(FAULT_LINK_SHORT)
    tag = be16(c, c.at) & 0x0FFF
    if c.vlans == 0:
        c.vlan = tag
    elif c.vlans == 1:
        c.vlan = c.vlan | (tag << 12)
    c.vlans += 1
    c.kind = be16(c, c.at + 2)
    c.at += 4
    return STEP_TYPE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def tagged(c: Cursor) -> cython.int:
    """Tags that end in an ethertype, by their length: HSR, R-TAG, VN-Tag, E-TAG, Cisco CMD."""
    kind: cython.int = c.kind
    size: cython.int = 6
    if kind == 0x892F:
        c.layer(LAYER_HSR)
    elif kind == 0xF1C1:
        c.layer(LAYER_RTAG)
    elif kind == 0x8926:
        c.layer(LAYER_VNTAG)
    elif kind == 0x893F:
        c.layer(LAYER_ETAG)
        size = 8
    elif kind == 0x8903:
        c.layer(LAYER_FABRICPATH)
        c.at += 2
        return STEP_ETHER
    elif kind == 0x894F:
        return STEP_NSH
    elif kind == 0x8909:
        c.layer(LAYER_CMD)
        size = 8
    else:
        return unread(c)
    if c.end - c.at < size:
        return c.stop(FAULT_LINK_SHORT)
    c.kind = be16(c, c.at + size - 2)
    c.at += size
    return STEP_TYPE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def unread(c: Cursor) -> cython.int:
    """An ethertype that is not read further."""
    if c.kind == 0x0806:
        c.layer(LAYER_ARP)
    elif c.kind == 0x88E5:
        c.layer(LAYER_MACSEC)
        c.encrypted = 1
    else:
        c.layer(LAYER_OTHER)
    if c.nets == 0:
        c.settle()
    return STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def itag(c: Cursor) -> cython.int:
    """IEEE 802.1ah: a service tag of four bytes, then a whole customer frame."""
    c.layer(LAYER_ITAG)
    if c.end - c.at < 4:
        return c.stop(FAULT_LINK_SHORT)
    c.enter(LAYER_ITAG, be32(c, c.at) & 0x00FFFFFF)
    c.at += 4
    return STEP_ETHER


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def nsh(c: Cursor) -> cython.int:
    """RFC 8300 section 2: the length in words is six bits, the next protocol the fourth byte."""
    at: cython.longlong = c.at
    size: cython.longlong
    which: cython.int
    c.layer(LAYER_NSH)
    if c.end - at < 8:
        return c.stop(FAULT_LINK_SHORT)
    size = (c.data[at + 1] & 0x3F) * 4
    which = c.data[at + 3]
    if size < 8:
        return c.stop(FAULT_LINK_INVALID)
    if c.end - at < size:
        return c.stop(FAULT_LINK_SHORT)
    c.enter(LAYER_NSH, be32(c, at + 4) >> 8)
    c.at = at + size
    if which in (1, 2):
        c.kind = 0x0800 if which == 1 else 0x86DD
        return STEP_IP4 if which == 1 else STEP_IP6
    if which == 3:
        return STEP_ETHER
    return STEP_MPLS if which == 5 else STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def llc(c: Cursor) -> cython.int:
    """IEEE 802.2: SNAP leads back to an ethertype, SAP 06 is IPv4, others are not IP."""
    at: cython.longlong = c.at
    organisation: cython.uint
    if c.end - at < 3:
        c.layer(LAYER_LLC)
        return c.stop(FAULT_LINK_SHORT)
    if be16(c, at) == 0xAAAA and c.data[at + 2] == 3:
        c.layer(LAYER_SNAP)
        if c.end - at < 8:
            return c.stop(FAULT_LINK_SHORT)
        organisation = be32(c, at + 2) & 0x00FFFFFF
        c.kind = be16(c, at + 6)
        c.at = at + 8
        if organisation in {0, 0x0000F8}:  # RFC 1042; 802.1H bridge tunnel
            return STEP_TYPE if c.kind >= 0x0600 else unread(c)
        c.kind = 0
        return unread(c)
    c.layer(LAYER_LLC)
    if be16(c, at) == 0x0606 and c.data[at + 2] == 3:
        c.kind = 0x0800
        c.at = at + 3
        return STEP_IP4
    return unread(c)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def ppp(c: Cursor) -> cython.int:
    """RFC 1661 section 2 and RFC 1662 section 3.1: address and control may be left out."""
    number: cython.uint
    if c.layers == 0 and c.end - c.at >= 2 and be16(c, c.at) in (0x0F00, 0x8F00):
        return STEP_HDLC  # Cisco's framing in a capture that says PPP
    c.layer(LAYER_PPP)
    c.kind = 0x880B
    if c.end - c.at >= 2 and be16(c, c.at) == 0xFF03:
        c.at += 2
    if c.end - c.at < 1:
        return c.stop(FAULT_LINK_SHORT)
    number = c.data[c.at]
    if number & 1:  # a compressed protocol field
        c.at += 1
    elif c.end - c.at < 2:
        return c.stop(FAULT_LINK_SHORT)
    else:
        number = be16(c, c.at)
        c.at += 2
    if number == 0x21:
        c.kind = 0x0800
        return STEP_IP4
    if number == 0x57:
        c.kind = 0x86DD
        return STEP_IP6
    if number in {0x0281, 0x0283}:
        return STEP_MPLS
    if c.nets == 0:
        c.settle()
    return STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def pppoe(c: Cursor) -> cython.int:
    """RFC 2516 section 4: version, code, session, length; code 0 carries PPP, the rest is discovery."""
    size: cython.longlong
    at: cython.longlong = c.at
    c.layer(LAYER_PPPOE)
    if c.end - at < 6:
        return c.stop(FAULT_LINK_SHORT)
    if c.data[at] != 0x11:
        return c.stop(FAULT_LINK_INVALID)
    c.at = at + 6
    size = be16(c, at + 4)
    if size < c.limit - c.at:
        c.limit = c.at + size
        c.end = min(c.end, c.limit)
    if c.data[at + 1] != 0:
        return STEP_DONE
    return STEP_PPP
