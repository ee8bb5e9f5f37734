"""How much the tracker may keep, and for how long: every bound of the flows room in one record.

Memory: a TCP flow takes about 1.0 kB (Flow, its two ends, its place in the directory), any other about
0.8 kB; a table filled to ``max_flows`` by a SYN flood so takes about 1.0 GB, and an idle tracker under
200 kB, because the directory doubles as flows arrive. Payload held for reassembly is within ``held_bytes``
beside that, the bookkeeping of each held piece included.
"""

from __future__ import annotations

import msgspec

SECOND = 1_000_000_000  # ns


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a Tracker. Times are ns of packet time without a packet of the flow; sizes are bytes.

    max_flows        flows held at once; beyond it the least recently used is evicted and counted
    tcp_half_open    SYN without a finished handshake. Zeek 5 s without an answer, Linux conntrack 120 s (SYN
                     sent) and 60 s (SYN received); 30 s outlasts four retransmissions of a SYN (RFC 6298)
    tcp_open         an established connection. RFC 5382 REQ-5 demands 2 h 4 min of a NAT because keep-alives
                     come every 2 h (RFC 9293 3.8.4); Zeek's 5 min and NFStream's 2 min cut idle sessions in
                     two, which would lose their owner and their protocol
    tcp_one_way      picked up midstream and seen from one side only: ACK scans, backscatter, one-way taps
    tcp_half_closed  one side has sent FIN (RFC 5382 REQ-5: transitory connections, 4 min)
    tcp_linger       both FIN or a RST seen: stays so that late packets join it and make no new flow
    udp              RFC 4787 REQ-5: at least 2 min (Zeek 1 min, NFStream 2 min)
    icmp             RFC 5508 REQ-1: at least 60 s
    other            any further protocol
    side_bytes       held out-of-order payload of one side of one flow
    held_bytes       held payload of all flows; beyond it the oldest holder is shown a gap
    hole_grace       how long a hole that the receiver has acknowledged may still be filled by late packets
    """

    max_flows: int = 1_000_000
    tcp_half_open: int = 30 * SECOND
    tcp_open: int = 7440 * SECOND
    tcp_one_way: int = 300 * SECOND
    tcp_half_closed: int = 240 * SECOND
    tcp_linger: int = 5 * SECOND
    udp: int = 120 * SECOND
    icmp: int = 60 * SECOND
    other: int = 120 * SECOND
    side_bytes: int = 1 << 20
    held_bytes: int = 64 << 20
    hole_grace: int = SECOND // 10

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        if self.max_flows >= 1 << 30:
            raise ValueError("max_flows must be below 2**30")


class Counts(msgspec.Struct, kw_only=True):
    """What a tracker has seen since it was made.

    ``packets == non_ip + elsewhere + waiting + (the sum of packets_out and packets_in over all flows)``.
    """

    packets: int = 0
    bytes: int = 0
    non_ip: int = 0
    faulty: int = 0
    elsewhere: int = 0  # seen again on another interface
    waiting: int = 0  # fragments whose datagram is not complete, so that their flow is not known
    flows: int = 0  # opened
    active: int = 0  # in the table
    lingering: int = 0  # of them, over: kept a while for late packets (``Limits.tcp_linger``)
    evicted: int = 0
    ended: dict[str, int] = {}  # by reason
    sink_errors: int = 0  # times that the sink raised; it is shown no more of that flow
    held_bytes: int = 0  # held for reassembly now, bookkeeping included
    gap_bytes: int = 0
    holds_evicted: int = 0  # held sides given up because of held_bytes
    out_of_window: int = 0  # segments too far ahead of what the receiver allowed: counted, not shown

    @property
    def going(self) -> int:
        """Flows that are open."""
        return self.active - self.lingering


TIMEOUTS = tuple(
    name for name in Limits.__struct_fields__ if name not in ("max_flows", "side_bytes", "held_bytes")
)
