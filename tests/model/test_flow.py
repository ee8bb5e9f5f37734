"""A flow as it stands before its first packet, and its identity."""

from __future__ import annotations

import re

from procwire.model import address
from procwire.model.flow import NO_SCALE, UNKNOWN_NS, Flow


def a_flow() -> Flow:
    flow = Flow()
    flow.family, flow.src_hi, flow.src_lo = address.split("2001:db8::1")
    _, flow.dst_hi, flow.dst_lo = address.split("2001:db8::2")
    flow.proto, flow.sport, flow.dport, flow.first = 6, 1, 2, 3
    return flow


def test_a_new_flow_knows_nothing() -> None:
    flow = Flow()
    assert (flow.rtt, flow.srtt, flow.scale_in) == (UNKNOWN_NS, UNKNOWN_NS, NO_SCALE)
    assert (flow.app, flow.app_confidence, flow.owner, flow.ended) == ("unknown", "unknown", None, "")
    assert (flow.packets_out, flow.bytes_in, flow.faults) == (0, 0, 0)
    assert flow.facts == {}
    assert flow.facts is not Flow().facts


def test_ends_as_text() -> None:
    assert (a_flow().src, a_flow().dst) == ("2001:db8::1", "2001:db8::2")


def test_identity_depends_on_ends_tunnel_and_start_only() -> None:
    one, same = a_flow(), a_flow()
    same.packets_out, same.app = 9, "tls"
    assert one.flow_id == same.flow_id
    assert re.fullmatch(r"[0-9a-f]{16}", one.flow_id)
    for name, value in (("sport", 7), ("tunnel", 7), ("first", 7), ("proto", 17), ("dst_lo", 7)):
        other = a_flow()
        setattr(other, name, value)
        assert other.flow_id != one.flow_id, name
