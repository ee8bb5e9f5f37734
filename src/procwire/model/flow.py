# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""One conversation: both directions between two ends, as counted and as understood so far.

The tracker writes the counts, the analyzer what the flow speaks, the processes room who owns it.
Times are ns of packet time; 0 or -1 stands for "not known" where the comment says so. Columns for
people (names, units, formats) are declared in ``model.tables``, not here.
"""

from __future__ import annotations

import struct
from typing import Any

import cython

from procwire.model import address
from procwire.model.digests import blake2b

UNKNOWN_NS = -1
NO_SCALE = 255


@cython.no_gc
@cython.cclass
class Flow:
    """A bidirectional flow. ``src`` is the side that opened it, where ``opener_seen``; else a guess.

    Sides: ``_out`` counts what src sent, ``_in`` what dst sent. There are many: numbers are as wide as what
    they hold can be (the widest first, in the .pxd), and it is hidden from the collector. No cycle passes
    through it: what is held for it while it is read knows nothing of it, and goes with its end.
    """

    # identity
    number: cython.longlong  # order of appearance in this run, from 1
    family: cython.uchar
    proto: cython.uchar  # IP protocol number
    src_hi: cython.ulonglong
    src_lo: cython.ulonglong
    dst_hi: cython.ulonglong
    dst_lo: cython.ulonglong
    sport: cython.ushort
    dport: cython.ushort
    tunnel: cython.uint
    isn: cython.uint  # TCP: sequence number of src's SYN; 0 where it was not seen
    chain: cython.ulonglong
    vlan: cython.uint
    interface: cython.int
    opener_seen: cython.uchar
    heading: cython.uchar  # of src's packets: frames.INBOUND, OUTBOUND, both (local), FOREIGN or 0
    # counts
    first: cython.longlong
    last: cython.longlong
    packets_out: cython.longlong
    packets_in: cython.longlong
    bytes_out: cython.longlong
    bytes_in: cython.longlong
    payload_out: cython.longlong
    payload_in: cython.longlong
    segments_out: cython.longlong
    segments_in: cython.longlong
    elsewhere: cython.longlong  # packets seen again on another interface, not counted
    faults: cython.uint
    ttl_out: cython.uchar
    ttl_in: cython.uchar
    # TCP (RFC 9293)
    flags_out: cython.ushort
    flags_in: cython.ushort
    state: cython.uchar  # flows.states
    syn_at: cython.longlong
    synack_at: cython.longlong
    rtt: cython.longlong  # of the handshake, both legs: SYN -> SYN-ACK -> ACK; UNKNOWN_NS
    rtt_dst: cython.longlong  # its leg from the observer to dst and back: SYN -> SYN-ACK; UNKNOWN_NS
    srtt: cython.longlong  # smoothed over the flow's life (RFC 6298); UNKNOWN_NS
    retransmissions_out: cython.uint
    retransmissions_in: cython.uint
    out_of_order_out: cython.uint
    out_of_order_in: cython.uint
    duplicate_acks_out: cython.uint
    duplicate_acks_in: cython.uint
    zero_windows_out: cython.uint
    zero_windows_in: cython.uint
    keep_alives_out: cython.uint  # keep-alive and zero-window probes
    keep_alives_in: cython.uint
    gaps_out: cython.longlong  # payload bytes that were never seen
    gaps_in: cython.longlong
    mss_out: cython.ushort
    mss_in: cython.ushort
    scale_out: cython.uchar
    scale_in: cython.uchar
    ended: str  # why: "", fin, rst, timeout, replaced, evicted, capture-end
    # understood
    app: str
    app_confidence: str  # content, port-guess, unknown
    server_name: str
    server_name_source: str  # sni, http-host, dns-answer, ...
    ja4: str
    facts: dict[str, Any]  # further flow columns that a protocol set, by column name
    owner: object  # model.process.Owner or None
    socket: cython.ulonglong  # of its owner, as the kernel numbers it (cookie); 0 for not known
    answered: cython.longlong  # when ``owner`` was known; 0: as ``owner`` says
    kernel: object  # model.kernel.KernelView of a flow that the kernel counts, or None
    analysis: object  # the sink's own state, None when it is done
    # the tracker's own, of no meaning outside the flows room
    slot: cython.int  # place in the directory; -1 when ended
    quiet: cython.uchar  # bits 1 (out), 2 (in): the sink wants no more; 4: it was shown data
    interface_out: cython.int
    interface_in: cython.int
    heard_out: cython.longlong
    heard_in: cython.longlong
    end_out: object  # flows.segment.End of a TCP flow
    end_in: object

    def __init__(self) -> None:
        self.number = 0
        self.family = 0
        self.proto = 0
        self.src_hi = self.src_lo = self.dst_hi = self.dst_lo = 0
        self.sport = self.dport = 0
        self.tunnel = self.isn = self.vlan = 0
        self.chain = 0
        self.interface = 0
        self.opener_seen = False
        self.heading = 0
        self.first = self.last = 0
        self.packets_out = self.packets_in = 0
        self.bytes_out = self.bytes_in = 0
        self.payload_out = self.payload_in = 0
        self.segments_out = self.segments_in = 0
        self.elsewhere = self.faults = 0
        self.ttl_out = self.ttl_in = 0
        self.flags_out = self.flags_in = 0
        self.state = 0
        self.syn_at = self.synack_at = 0
        self.rtt = self.rtt_dst = self.srtt = -1
        self.retransmissions_out = self.retransmissions_in = 0
        self.out_of_order_out = self.out_of_order_in = 0
        self.duplicate_acks_out = self.duplicate_acks_in = 0
        self.zero_windows_out = self.zero_windows_in = 0
        self.keep_alives_out = self.keep_alives_in = 0
        self.gaps_out = self.gaps_in = 0
        self.mss_out = self.mss_in = 0
        self.scale_out = self.scale_in = 255
        self.ended = ""
        self.app = "unknown"
        self.app_confidence = "unknown"
        self.server_name = ""
        self.server_name_source = ""
        self.ja4 = ""
        self.facts = {}
        self.owner = None
        self.socket = self.answered = 0
        self.kernel = None
        self.analysis = None
        self.slot = -1
        self.quiet = 0
        self.interface_out = self.interface_in = 0
        self.heard_out = self.heard_in = 0
        self.end_out = self.end_in = None

    @property
    def src(self) -> str:
        """Source address as text."""
        return address.text(self.family, self.src_hi, self.src_lo)

    @property
    def dst(self) -> str:
        """Destination address as text."""
        return address.text(self.family, self.dst_hi, self.dst_lo)

    @property
    def flow_id(self) -> str:
        """16 hex digits from the 5-tuple, the tunnel and the start: the same live and from a file."""
        key = struct.pack(
            "<BBQQQQHHIq",
            self.family,
            self.proto,
            self.src_hi,
            self.src_lo,
            self.dst_hi,
            self.dst_lo,
            self.sport,
            self.dport,
            self.tunnel,
            self.first,
        )
        return blake2b(key, digest_size=8).hexdigest()
