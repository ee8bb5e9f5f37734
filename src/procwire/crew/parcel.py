# cython: language_level=3
"""A flow that has ended, as plain values that go from one process to another, and the flow again.

Refuses flows that go on: what the tracker and the analyzer keep of a flow stays with them.
"""

from __future__ import annotations

from typing import Any

import cython

if cython.compiled:
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.model.flow import Flow

Parcel = tuple[Any, ...]

# Not told: who owns a flow, and which of the kernel's accounts is its own, is not known to a recording,
# and the rest is over with the flow.
LEFT = frozenset(
    {
        "owner", "socket", "answered", "kernel", "analysis", "slot", "quiet", "interface_out", "interface_in",
        "heard_out", "heard_in", "end_out", "end_in", "isn",
    }
)  # fmt: skip


def wrap(flow: Flow) -> Parcel:
    """The values of a flow."""
    return (
        flow.number, flow.family, flow.proto, flow.src_hi, flow.src_lo, flow.dst_hi, flow.dst_lo,
        flow.sport, flow.dport, flow.tunnel, flow.chain, flow.vlan, flow.interface, flow.opener_seen,
        flow.heading, flow.first, flow.last, flow.packets_out, flow.packets_in, flow.bytes_out,
        flow.bytes_in, flow.payload_out, flow.payload_in, flow.segments_out, flow.segments_in,
        flow.elsewhere, flow.faults, flow.ttl_out, flow.ttl_in, flow.flags_out, flow.flags_in, flow.state,
        flow.syn_at, flow.synack_at, flow.rtt, flow.rtt_dst, flow.srtt, flow.retransmissions_out,
        flow.retransmissions_in, flow.out_of_order_out, flow.out_of_order_in, flow.duplicate_acks_out,
        flow.duplicate_acks_in, flow.zero_windows_out, flow.zero_windows_in, flow.keep_alives_out,
        flow.keep_alives_in, flow.gaps_out, flow.gaps_in, flow.mss_out, flow.mss_in, flow.scale_out,
        flow.scale_in, flow.ended, flow.app, flow.app_confidence, flow.server_name,
        flow.server_name_source, flow.ja4, flow.facts,
    )  # fmt: skip


def unwrap(parcel: Parcel) -> Flow:
    """The flow of these values."""
    flow: Flow = Flow()
    (
        flow.number, flow.family, flow.proto, flow.src_hi, flow.src_lo, flow.dst_hi, flow.dst_lo,
        flow.sport, flow.dport, flow.tunnel, flow.chain, flow.vlan, flow.interface, flow.opener_seen,
        flow.heading, flow.first, flow.last, flow.packets_out, flow.packets_in, flow.bytes_out,
        flow.bytes_in, flow.payload_out, flow.payload_in, flow.segments_out, flow.segments_in,
        flow.elsewhere, flow.faults, flow.ttl_out, flow.ttl_in, flow.flags_out, flow.flags_in, flow.state,
        flow.syn_at, flow.synack_at, flow.rtt, flow.rtt_dst, flow.srtt, flow.retransmissions_out,
        flow.retransmissions_in, flow.out_of_order_out, flow.out_of_order_in, flow.duplicate_acks_out,
        flow.duplicate_acks_in, flow.zero_windows_out, flow.zero_windows_in, flow.keep_alives_out,
        flow.keep_alives_in, flow.gaps_out, flow.gaps_in, flow.mss_out, flow.mss_in, flow.scale_out,
        flow.scale_in, flow.ended, flow.app, flow.app_confidence, flow.server_name,
        flow.server_name_source, flow.ja4, flow.facts,
    ) = parcel  # fmt: skip
    return flow
