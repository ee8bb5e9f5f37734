"""Community IDs as the specification's own baseline has them (computed by its reference implementation)."""

from __future__ import annotations

import pytest

from procwire.flows.community import community_id, one_way
from procwire.model import address
from procwire.model.flow import Flow


def flow_of(proto: int, src: str, dst: str, sport: int = 0, dport: int = 0) -> Flow:
    flow = Flow()
    flow.proto, flow.sport, flow.dport = proto, sport, dport
    flow.family, flow.src_hi, flow.src_lo = address.split(src)
    _, flow.dst_hi, flow.dst_lo = address.split(dst)
    return flow


@pytest.mark.parametrize(
    ("proto", "src", "dst", "sport", "dport", "expected"),
    [
        (6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        (17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
        (1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
        (132, "192.168.170.8", "192.168.170.56", 7, 80, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ="),
    ],
)
def test_vectors(proto: int, src: str, dst: str, sport: int, dport: int, expected: str) -> None:
    assert community_id(flow_of(proto, src, dst, sport, dport)) == expected
    assert community_id(flow_of(proto, dst, src, dport, sport)) == expected


def test_messages_without_an_answer_keep_their_direction() -> None:
    there = community_id(flow_of(1, "10.0.0.2", "10.0.0.1", 3, 1))
    back = community_id(flow_of(1, "10.0.0.1", "10.0.0.2", 1, 3))
    assert there != back
    assert one_way(58, 1)
    assert not one_way(58, 135)
    assert not one_way(17, 3)


def test_the_seed_changes_it_and_ports_of_portless_protocols_do_not() -> None:
    flow = flow_of(6, "10.0.0.1", "10.0.0.2", 1, 2)
    assert community_id(flow, seed=1) != community_id(flow)
    assert community_id(flow_of(50, "10.0.0.1", "10.0.0.2", 1, 2)) == community_id(
        flow_of(50, "10.0.0.1", "10.0.0.2")
    )
