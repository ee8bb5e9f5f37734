# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The first packet of a flow: who opened it, and what the flow is made of.

Refuses to count: the first packet is counted like all others, by the tracker.
"""

from __future__ import annotations

import cython

from procwire.flows import bits
from procwire.flows.community import ICMP, ICMP6, PAIRS
from procwire.model import packets

if cython.compiled:
    from cython.cimports.procwire.flows.segment import End
    from cython.cimports.procwire.model.flow import Flow
    from cython.cimports.procwire.model.packets import PacketTable
else:
    from procwire.flows.segment import End
    from procwire.model.flow import Flow
    from procwire.model.packets import PacketTable

SYN = cython.declare(cython.int, bits.SYN)
ACK = cython.declare(cython.int, bits.ACK)
HAS_PORTS = cython.declare(cython.int, packets.HAS_PORTS)
RETURNED = cython.declare(cython.int, packets.RETURNED)
WELL_KNOWN = cython.declare(cython.int, 1024)  # RFC 6335 section 6: system ports are below
TCP = cython.declare(cython.int, 6)
UDP = cython.declare(cython.int, 17)
V4 = cython.declare(cython.int, ICMP)
V6 = cython.declare(cython.int, ICMP6)
_ANSWERED = {V4: frozenset(PAIRS[ICMP]), V6: frozenset(PAIRS[ICMP6])}


@cython.cfunc
@cython.exceptval(check=False)
def opener(table: PacketTable, row: cython.int) -> cython.int:
    """0 where the packet's sender opened the flow, 1 where its receiver did, as far as one packet tells.

    TCP: a SYN comes from the opener, a SYN-ACK goes to it; else the lower port is the service. A UDP flow
    is opened by whoever sends first. An ICMP reply goes to the opener.
    """
    marks: cython.int = table.marks[row]
    if marks & RETURNED:
        return 1
    if table.proto[row] != TCP or (marks & HAS_PORTS) == 0:
        return 0
    flags: cython.int = table.tcp_flags[row]
    if flags & SYN:
        return 1 if flags & ACK else 0
    return 1 if table.sport[row] < table.dport[row] else 0


@cython.cfunc
@cython.exceptval(check=False)
def certain(table: PacketTable, row: cython.int) -> cython.bint:
    """Does the first packet prove who opened the flow? A datagram from a system port looks like an answer."""
    if table.proto[row] == TCP:
        return table.tcp_flags[row] & SYN != 0 and table.marks[row] & HAS_PORTS != 0
    if table.proto[row] == UDP:
        return not (table.sport[row] < WELL_KNOWN <= table.dport[row])
    return table.marks[row] & HAS_PORTS != 0


@cython.cfunc
@cython.exceptval(check=False)
def directed(table: PacketTable, row: cython.int) -> cython.bint:
    """Is this an ICMP message that has no answer? Its type and code must not be taken for two ports."""
    proto: cython.int = table.proto[row]
    if proto not in (V4, V6):
        return False
    return table.sport[row] not in _ANSWERED[proto]


@cython.cfunc
def opened(table: PacketTable, row: cython.int, side: cython.int) -> Flow:
    """A new flow for this packet, sent by ``side``; nothing is counted yet."""
    flow: Flow = Flow()
    flow.family = table.family[row]
    flow.proto = table.proto[row]
    flow.tunnel = table.tunnel[row]
    flow.chain = table.chain[row]
    flow.vlan = table.vlan[row]
    flow.interface = table.interface[row]
    flow.first = flow.last = table.time[row]
    flow.opener_seen = certain(table, row)
    if side == 0:
        flow.src_hi, flow.src_lo = table.src_hi[row], table.src_lo[row]
        flow.dst_hi, flow.dst_lo = table.dst_hi[row], table.dst_lo[row]
        flow.sport, flow.dport = table.sport[row], table.dport[row]
    else:
        flow.src_hi, flow.src_lo = table.dst_hi[row], table.dst_lo[row]
        flow.dst_hi, flow.dst_lo = table.src_hi[row], table.src_lo[row]
        flow.sport, flow.dport = table.dport[row], table.sport[row]
    if flow.proto == TCP:
        flow.end_out = End()
        flow.end_in = End()
    return flow
