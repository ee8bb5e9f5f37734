# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""What an IP protocol number leads to: a transport, ICMP (RFC 792, 4443), ESP, AH, a tunnel, or only a name.

ICMP types and codes become ports as Community ID v1 orders them
(https://github.com/corelight/community-id-spec).
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.packet._codes import (
        FAULT_TRANSPORT_INVALID,
        FAULT_TRANSPORT_SHORT,
        LAYER_AH,
        LAYER_EIGRP,
        LAYER_ESP,
        LAYER_ICMP,
        LAYER_ICMP6,
        LAYER_IGMP,
        LAYER_L2TP,
        LAYER_OSPF,
        LAYER_OTHER,
        LAYER_PIM,
        LAYER_VRRP,
        MARK_ERROR_QUOTE,
        MARK_HAS_PORTS,
        MARK_RETURNED,
        PROTO_AH,
        PROTO_DCCP,
        PROTO_EIGRP,
        PROTO_ESP,
        PROTO_ETHERIP,
        PROTO_GRE,
        PROTO_ICMP,
        PROTO_ICMP6,
        PROTO_IGMP,
        PROTO_IP4,
        PROTO_IP6,
        PROTO_L2TP,
        PROTO_MPLS,
        PROTO_NONE,
        PROTO_OSPF,
        PROTO_PIM,
        PROTO_SCTP,
        PROTO_TCP,
        PROTO_UDP,
        PROTO_UDPLITE,
        PROTO_VRRP,
        STEP_DONE,
        STEP_ETHERIP,
        STEP_EXTENSIONS,
        STEP_GRE,
        STEP_IP4,
        STEP_IP6,
        STEP_MPLS,
        STEP_PROTO,
    )
    from cython.cimports.procwire.packet.cursor import Cursor
    from cython.cimports.procwire.packet.octets import be32
    from cython.cimports.procwire.packet.transport import ported, tcp, truncated, udp
else:
    from procwire.packet._codes import (
        FAULT_TRANSPORT_INVALID,
        FAULT_TRANSPORT_SHORT,
        LAYER_AH,
        LAYER_EIGRP,
        LAYER_ESP,
        LAYER_ICMP,
        LAYER_ICMP6,
        LAYER_IGMP,
        LAYER_L2TP,
        LAYER_OSPF,
        LAYER_OTHER,
        LAYER_PIM,
        LAYER_VRRP,
        MARK_ERROR_QUOTE,
        MARK_HAS_PORTS,
        MARK_RETURNED,
        PROTO_AH,
        PROTO_DCCP,
        PROTO_EIGRP,
        PROTO_ESP,
        PROTO_ETHERIP,
        PROTO_GRE,
        PROTO_ICMP,
        PROTO_ICMP6,
        PROTO_IGMP,
        PROTO_IP4,
        PROTO_IP6,
        PROTO_L2TP,
        PROTO_MPLS,
        PROTO_NONE,
        PROTO_OSPF,
        PROTO_PIM,
        PROTO_SCTP,
        PROTO_TCP,
        PROTO_UDP,
        PROTO_UDPLITE,
        PROTO_VRRP,
        STEP_DONE,
        STEP_ETHERIP,
        STEP_EXTENSIONS,
        STEP_GRE,
        STEP_IP4,
        STEP_IP6,
        STEP_MPLS,
        STEP_PROTO,
    )
    from procwire.packet.cursor import Cursor
    from procwire.packet.octets import be32
    from procwire.packet.transport import ported, tcp, truncated, udp


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def header(c: Cursor) -> cython.int:
    """Read the header that ``c.proto`` names; a tunnel's is left to the tunnel module."""
    proto: cython.int = c.proto
    if proto == PROTO_TCP:
        return tcp(c)
    if proto == PROTO_UDP:
        return udp(c)
    if proto == PROTO_ICMP and c.family == 4:
        return icmp(c, LAYER_ICMP)
    if proto == PROTO_ICMP6 and c.family == 6:
        return icmp(c, LAYER_ICMP6)
    if proto in (PROTO_SCTP, PROTO_DCCP, PROTO_UDPLITE):
        return ported(c)
    if proto == PROTO_ESP:
        return esp(c)
    if c.probe:
        return STEP_DONE
    return encapsulated(c)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def encapsulated(c: Cursor) -> cython.int:
    """Protocols that carry another packet, and those that are only named."""
    proto: cython.int = c.proto
    if proto == PROTO_IP4:
        c.kind = 0x0800
        return STEP_IP4
    if proto == PROTO_IP6:
        c.kind = 0x86DD
        return STEP_IP6
    if proto == PROTO_GRE:
        return STEP_GRE
    if proto == PROTO_AH:
        return authenticated(c)
    if proto == PROTO_MPLS:
        return STEP_MPLS
    if proto == PROTO_ETHERIP:
        return STEP_ETHERIP
    if c.family == 4 and proto == PROTO_NONE:
        return STEP_DONE
    name(c, proto)
    return STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def name(c: Cursor, proto: cython.int) -> cython.void:
    """Only the chain tells of these."""
    if proto == PROTO_IGMP:
        c.layer(LAYER_IGMP)
    elif proto == PROTO_OSPF:
        c.layer(LAYER_OSPF)
    elif proto == PROTO_VRRP:
        c.layer(LAYER_VRRP)
    elif proto == PROTO_PIM:
        c.layer(LAYER_PIM)
    elif proto == PROTO_EIGRP:
        c.layer(LAYER_EIGRP)
    elif proto == PROTO_L2TP:
        c.layer(LAYER_L2TP)
    else:
        c.layer(LAYER_OTHER)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def icmp(c: Cursor, layer: cython.int) -> cython.int:
    """Type and code, or type and the type that answers it."""
    kind: cython.int
    answer: cython.int
    c.layer(layer)
    if c.end - c.at < 4:
        return truncated(c)
    kind = c.data[c.at]
    answer = answer4(kind) if layer == LAYER_ICMP else answer6(kind)
    c.sport = kind
    c.dport = answer & 0xFF if answer >= 0 else c.data[c.at + 1]
    c.marks |= MARK_HAS_PORTS
    if answer >= 256:
        c.marks |= MARK_RETURNED
    if layer == LAYER_ICMP:
        if kind in {3, 4, 5, 11, 12}:
            c.marks |= MARK_ERROR_QUOTE
    elif kind < 128:
        c.marks |= MARK_ERROR_QUOTE
    if c.end - c.at < 8:
        return truncated(c)
    c.at += 8
    c.settle()
    return STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def answer4(kind: cython.int) -> cython.int:
    """The counterpart of an ICMPv4 type: plus 256 where ``kind`` is itself the reply; -1 for none."""
    if kind == 8:
        return 0
    if kind == 0:
        return 256 + 8
    if kind in {13, 15, 17}:
        return kind + 1
    if kind in {14, 16, 18}:
        return 256 + kind - 1
    if kind == 10:
        return 9
    if kind == 9:
        return 256 + 10
    return -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def answer6(kind: cython.int) -> cython.int:
    """Likewise for ICMPv6."""
    if kind in {128, 133, 135, 139, 130, 144}:
        return kind + 1
    if kind in {129, 134, 136, 140, 131, 145}:
        return 256 + kind - 1
    return -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def esp(c: Cursor) -> cython.int:
    """RFC 4303 section 2: the SPI goes to ``seq``, its sequence number to ``ack``; the rest is ciphertext."""
    c.layer(LAYER_ESP)
    if c.end - c.at < 8:
        return truncated(c)
    c.seq = be32(c, c.at)
    c.ack = be32(c, c.at + 4)
    c.at += 8
    c.settle()
    return STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def authenticated(c: Cursor) -> cython.int:
    """RFC 4302 section 2: next header, then the length in words less two; what follows is in clear."""
    size: cython.longlong
    c.layer(LAYER_AH)
    if c.end - c.at < 12:
        return truncated(c)
    size = c.data[c.at + 1] * 4 + 8
    if size < 12 or size > c.limit - c.at:
        return c.stop(FAULT_TRANSPORT_INVALID)
    c.proto = c.data[c.at]
    c.at += size
    c.settle()
    if c.at > c.end:
        return c.stop(FAULT_TRANSPORT_SHORT)
    return STEP_EXTENSIONS if c.family == 6 else STEP_PROTO
