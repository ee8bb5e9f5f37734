# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Decoded packets as columns: what the packet room makes of a FrameBatch, row for row.

Refuses to hold payload: ``payload`` is an offset into the batch's buffer, valid as long as the batch.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.model.frames import CAPACITY, column

# Bits of ``PacketTable.marks``.
IS_IP = 1  # addresses, family and proto are valid
HAS_PORTS = 2  # sport and dport are valid (for ICMP: type and code as Community ID orders them)
FRAGMENT = 4  # an IP fragment whose datagram is not complete with this packet
REASSEMBLED = 8  # completes a fragmented datagram: payload is in ``rebuilt[row]``, not in the buffer
CUT = 16  # the frame was captured short of the payload that its headers announce
ERROR_QUOTE = 32  # ICMP error: the payload quotes another flow's packet
RETURNED = 64  # ICMP reply: belongs to the flow of the mirrored request type
HELD = 128  # a fragment whose flow is not known yet: count it when a later row says so in ``held``


@cython.cclass
class PacketTable:
    """Columns over the rows of one FrameBatch.

    time            ns since 1970 UTC
    src_hi, src_lo  source address as 128 bits, host order; IPv4 in the low 32 bits of ``src_lo``
    dst_hi, dst_lo  destination address, likewise
    sport, dport    ports (TCP, UDP, SCTP, ...); ICMP: type and code
    family          4, 6, or 0 for what is not IP
    proto           IP protocol number of the innermost header
    wire            bytes of the frame on the wire; segments: packets it stands for (at least 1)
    payload         offset in the buffer of the transport payload (UDP data, TCP segment, else after IP)
    present         payload bytes captured; ``length``: payload bytes on the wire, from the headers
    seq, ack, window, tcp_flags   TCP header fields; tcp_flags holds the 9 bits NS..FIN
                (ESP: seq is the SPI and ack its sequence number; SCTP: seq is the verification tag)
    mss, scale      TCP options of a SYN (0 and 255 when absent)
    ttl             IPv4 TTL or IPv6 hop limit
    tunnel          hash of the tunnel identifiers around the packet (VNI, GRE key, TEID), 0 for none
    chain           layer codes, eight bits each, outermost in the lowest byte (packet.layers names them)
    vlan            outermost VLAN id in the low 12 bits, the next in the 12 above; 0 is none
    ethertype       of the innermost link layer (or the unknown LINKTYPE where marks lacks IS_IP)
    fault           0, or a code that packet.faults names
    held            HELD packets before this one that turn out to be of its flow, all of one datagram;
                    held_wire: their bytes on the wire. Both are to be added to the flow with this row
    flow            number of the flow that the tracker counted the packet in, once it was ingested; negative
                where dst sent it; 0 for a packet of no flow (not IP, a part of a datagram, another part's)

    Rows marked FRAGMENT have length 0 and no TCP fields: the row that completes the datagram carries both.
    """

    capacity: cython.int
    count: cython.int
    time: cython.longlong[::1]
    src_hi: cython.ulonglong[::1]
    src_lo: cython.ulonglong[::1]
    dst_hi: cython.ulonglong[::1]
    dst_lo: cython.ulonglong[::1]
    sport: cython.ushort[::1]
    dport: cython.ushort[::1]
    family: cython.uchar[::1]
    proto: cython.uchar[::1]
    wire: cython.uint[::1]
    segments: cython.ushort[::1]
    payload: cython.longlong[::1]
    present: cython.uint[::1]
    length: cython.uint[::1]
    seq: cython.uint[::1]
    ack: cython.uint[::1]
    window: cython.ushort[::1]
    tcp_flags: cython.ushort[::1]
    mss: cython.ushort[::1]
    scale: cython.uchar[::1]
    ttl: cython.uchar[::1]
    tunnel: cython.uint[::1]
    chain: cython.ulonglong[::1]
    vlan: cython.uint[::1]
    ethertype: cython.ushort[::1]
    interface: cython.ushort[::1]
    flags: cython.uchar[::1]
    marks: cython.uchar[::1]
    fault: cython.uchar[::1]
    held: cython.ushort[::1]
    held_wire: cython.uint[::1]
    flow: cython.longlong[::1]
    buffer: Any
    rebuilt: dict[int, bytes]

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.count = 0
        self.buffer = b""
        self.rebuilt = {}
        self.time = column("q", capacity)
        self.src_hi = column("Q", capacity)
        self.src_lo = column("Q", capacity)
        self.dst_hi = column("Q", capacity)
        self.dst_lo = column("Q", capacity)
        self.sport = column("H", capacity)
        self.dport = column("H", capacity)
        self.family = column("B", capacity)
        self.proto = column("B", capacity)
        self.wire = column("I", capacity)
        self.segments = column("H", capacity)
        self.payload = column("q", capacity)
        self.present = column("I", capacity)
        self.length = column("I", capacity)
        self.seq = column("I", capacity)
        self.ack = column("I", capacity)
        self.window = column("H", capacity)
        self.tcp_flags = column("H", capacity)
        self.mss = column("H", capacity)
        self.scale = column("B", capacity)
        self.ttl = column("B", capacity)
        self.tunnel = column("I", capacity)
        self.chain = column("Q", capacity)
        self.vlan = column("I", capacity)
        self.ethertype = column("H", capacity)
        self.interface = column("H", capacity)
        self.flags = column("B", capacity)
        self.marks = column("B", capacity)
        self.fault = column("B", capacity)
        self.held = column("H", capacity)
        self.held_wire = column("I", capacity)
        self.flow = column("q", capacity)

    def payload_of(self, row: int) -> bytes:
        """The captured transport payload of one packet."""
        if not 0 <= row < self.count:
            raise IndexError(f"row {row} of {self.count}")
        rebuilt = self.rebuilt.get(row)
        if rebuilt is not None:
            return rebuilt
        start = self.payload[row]
        return bytes(memoryview(self.buffer)[start : start + self.present[row]])
