"""Every packet counts once, in its flow; flows begin and end by packet time; memory is bounded."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.flows import states
from procwire.flows.limits import Limits
from procwire.flows.table import Tracker
from procwire.model.frames import INBOUND, OUTBOUND
from procwire.model.packets import ERROR_QUOTE, FRAGMENT, HAS_PORTS, HELD, IS_IP, RETURNED
from tests.flows.script import (
    ACK,
    CLIENT,
    FIN,
    RST,
    SERVER,
    START,
    SYN,
    S,
    Stage,
    handshake,
    packet,
    reply,
    table_of,
)

UDP = {"proto": 17, "dport": 53}


def test_both_directions_make_one_flow() -> None:
    stage = Stage()
    flow = stage.play(
        packet(**UDP, data=b"ask", ttl=61), reply(proto=17, sport=53, data=b"answer", ttl=55, at=5)
    )
    assert len(stage.opened) == 1
    assert (flow.src, flow.dst, flow.sport, flow.dport) == (CLIENT, SERVER, 40000, 53)
    assert (flow.packets_out, flow.packets_in) == (1, 1)
    assert (flow.bytes_out, flow.bytes_in) == (57, 60)
    assert (flow.payload_out, flow.payload_in) == (3, 6)
    assert (flow.ttl_out, flow.ttl_in) == (61, 55)
    assert flow.last - flow.first == 5_000_000
    assert states.name(flow.state) == "replied"


def test_flows_of_one_pair_are_told_apart_by_port_protocol_tunnel_and_family() -> None:
    stage = Stage()
    stage.play(
        packet(**UDP),
        packet(**UDP, sport=2),
        packet(proto=132, dport=53),
        packet(**UDP, tunnel=7),
        packet(**UDP, src="::a00:1", dst="::a00:2"),
        packet(**UDP, src="1::a00:1", dst="::a00:2"),
        packet(proto=50, sport=0, dport=0, marks=IS_IP),
        packet(**UDP, vlan=0, flags=0),
    )
    assert len(stage.opened) == 7
    assert stage.opened[0].packets_out == 2


def test_a_flow_to_itself_has_one_side() -> None:
    flow = Stage().play(*(packet(**UDP | {"sport": 53}, src=CLIENT, dst=CLIENT) for _ in range(3)))
    assert (flow.packets_out, flow.packets_in) == (3, 0)


def test_udp_is_opened_by_the_first_sender() -> None:
    assert Stage().play(packet(**UDP)).opener_seen
    assert not Stage().play(reply(proto=17, sport=53)).opener_seen


def test_ping_is_one_flow_whichever_side_is_seen_first() -> None:
    for order in (1, -1):
        request = packet(proto=1, sport=8, dport=0)
        answer = reply(proto=1, sport=0, dport=8, marks=IS_IP | HAS_PORTS | RETURNED)
        stage = Stage()
        flow = stage.play(*[request, answer][::order])
        assert len(stage.opened) == 1
        assert (flow.src, flow.sport, flow.packets_out, flow.packets_in) == (CLIENT, 8, 1, 1)
        assert flow.opener_seen


def test_icmp_errors_are_flows_of_their_own_and_not_mirrored() -> None:
    marks = IS_IP | HAS_PORTS | ERROR_QUOTE
    stage = Stage()
    stage.play(
        packet(**UDP),
        reply(proto=1, sport=3, dport=1, marks=marks),
        packet(proto=1, sport=1, dport=3, marks=marks),
    )
    assert [f.proto for f in stage.opened] == [17, 1, 1]


def test_what_is_not_ip_is_only_counted() -> None:
    stage = Stage()
    stage.play(packet(**UDP), packet(marks=0), packet(**UDP, fault=3))
    counts = stage.tracker.counts
    assert (counts.packets, counts.non_ip, counts.faulty, counts.flows) == (3, 1, 1, 1)
    assert stage.opened[0].faults == 1
    assert stage.balanced()


def test_fragments_count_when_their_flow_is_known() -> None:
    stage = Stage()
    last = table_of([packet(**UDP, marks=IS_IP | HAS_PORTS, data=b"x" * 8)])
    last.held[0], last.held_wire[0] = 2, 2000
    waits = packet(**UDP, marks=IS_IP | FRAGMENT | HELD)
    stage.play(waits, waits, packet(**UDP, sport=9))
    assert stage.tracker.counts.waiting == 2
    flow = stage.tracker.ingest(last, now=START).opened[0]
    assert (flow.packets_out, flow.bytes_out, stage.tracker.counts.waiting) == (3, 2062, 0)


def test_a_second_sighting_on_another_interface_is_not_counted() -> None:
    stage = Stage()
    both = [one | {"interface": n} for one in handshake() for n in (3, 4)]
    flow = stage.play(*both, packet(at=30, seq=1001, ack=5001, data=b"x", interface=0))
    assert (flow.packets_out, flow.packets_in, flow.elsewhere) == (3, 1, 3)
    assert flow.retransmissions_out == 0
    assert stage.tracker.counts.elsewhere == 3
    assert stage.balanced()


def test_a_direction_may_move_to_another_interface_when_its_own_is_silent() -> None:
    stage = Stage()
    stage.play(
        packet(**UDP, interface=1), packet(**UDP, interface=2, at=6000), packet(**UDP, interface=1, at=6001)
    )
    assert (stage.opened[0].packets_out, stage.opened[0].elsewhere) == (2, 1)


def test_heading_is_of_srcs_packets() -> None:
    assert (
        Stage().play(packet(**UDP, flags=OUTBOUND), reply(proto=17, sport=53, flags=INBOUND)).heading
        == OUTBOUND
    )
    assert (
        Stage().play(packet(**UDP, flags=OUTBOUND), packet(**UDP, flags=INBOUND)).heading
        == OUTBOUND | INBOUND
    )


@pytest.mark.parametrize("size", [1, 1000])
def test_flows_end_by_packet_time_however_packets_are_batched(size: int) -> None:
    packets = [packet(**UDP, at=at) for at in (0, 100_000, 230_000, 231_000)]
    stage = Stage()
    for start in range(0, len(packets), size):
        stage.play(*packets[start : start + size])
    assert [f.ended for f in stage.ended] == ["timeout"]
    assert [f.packets_out for f in stage.opened] == [2, 2]
    assert [f.ended for f in stage.tracker.expire(stage.now + 121 * S)] == ["timeout"]
    assert stage.tracker.expire(stage.now + 121 * S) == []


def test_time_that_steps_back_ends_nothing_too_early_or_never() -> None:
    stage = Stage()
    stage.play(packet(**UDP, sport=1, at=10_000_000), packet(**UDP, sport=2, at=0))
    assert stage.ended == []
    stage.play(packet(**UDP, sport=3, at=60_000))
    assert stage.ended == []
    stage.play(packet(**UDP, sport=4, at=190_000))
    assert sorted(f.sport for f in stage.ended) == [1, 2, 3]


def test_reasons() -> None:
    stage = Stage()

    def close(at: float) -> list[dict[str, Any]]:
        return [
            packet(at=at, tcp_flags=FIN | ACK, seq=1001, ack=5001),
            reply(at=at, tcp_flags=FIN | ACK, seq=5001, ack=1002),
            packet(at=at, seq=1002, ack=5002),
        ]

    stage.play(*handshake(), *close(100), reply(at=101, seq=5002, ack=1002))
    assert stage.opened[0].packets_in == 3  # late packets join
    stage.play(*handshake(200, isn=77))
    assert [f.ended for f in stage.ended] == ["fin"]
    stage.play(*handshake(300, isn=99_999))
    assert [f.ended for f in stage.ended] == ["fin", "replaced"]
    stage.play(reply(at=400, tcp_flags=RST, seq=5001), packet(at=10_000, **UDP))
    assert [f.ended for f in stage.ended] == ["fin", "replaced", "rst"]
    stage.finish()
    assert stage.ended[-1].ended == "capture-end"
    assert stage.tracker.counts.ended == {
        "fin": 1,
        "rst": 1,
        "timeout": 0,
        "replaced": 1,
        "evicted": 0,
        "capture-end": 1,
    }
    assert list(stage.tracker.active()) == []


def test_a_syn_flood_stays_within_the_bound() -> None:
    stage = Stage(max_flows=2000)
    for block in range(10):
        stage.play(
            *(
                packet(tcp_flags=SYN, sport=port, seq=port, src=f"10.1.{block}.9")
                for port in range(1000, 3000)
            )
        )
        assert len(list(stage.tracker.active())) <= 2000
    counts = stage.tracker.counts
    assert (counts.flows, counts.active, counts.evicted) == (20_000, 2000, 18_000)
    assert stage.balanced()


def test_the_least_recently_heard_flow_is_evicted() -> None:
    stage = Stage(max_flows=3)
    stage.play(
        *(packet(**UDP, sport=n, at=n) for n in (1, 2, 3)),
        packet(**UDP, sport=1, at=4),
        packet(tcp_flags=SYN, at=5),
    )
    assert [(f.sport, f.ended) for f in stage.ended] == [(2, "evicted")]


def test_ports_that_are_used_again_and_again_make_flows_that_end() -> None:
    stage = Stage()
    for turn in range(500):
        stage.play(*handshake(turn * 50, isn=turn * 1_000_003, irs=turn * 7))
    assert len(stage.opened) == 500
    assert stage.tracker.counts.active == 1
    assert all(f.packets_out == 2 and f.packets_in == 1 for f in stage.opened)


def test_a_hundred_thousand_sources_are_found_again() -> None:
    stage = Stage(max_flows=1 << 20)
    sources = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(0, 100_000, 5)]
    for _ in range(2):
        stage.play(*(packet(**UDP, src=source) for source in sources))
    assert len(stage.opened) == len(sources)
    assert all(f.packets_out == 2 for f in stage.opened)


def test_limits_are_checked() -> None:
    with pytest.raises(ValueError, match="udp"):
        Limits(udp=0)
    with pytest.raises(ValueError, match="max_flows"):
        Limits(max_flows=1 << 31)


def test_without_a_sink_flows_are_counted() -> None:
    tracker = Tracker()
    flow = tracker.ingest(table_of([packet(**UDP, data=b"x")]), now=START).opened[0]
    assert (flow.payload_out, flow.analysis) == (1, None)
    assert tracker.finish(START) == [flow]


def anything(rng: random.Random) -> dict[str, Any]:
    one = packet(
        src=f"10.0.0.{rng.randrange(3)}",
        dst=f"10.0.0.{rng.randrange(3)}",
        sport=rng.randrange(3),
        dport=rng.randrange(3),
        proto=rng.choice([1, 6, 6, 6, 17, 58, 132, 255]),
        at=rng.choice([0, 1, 50, 5000, 1e6, -1e6]) * rng.random(),
        seq=rng.choice([0, 5, 100, rng.getrandbits(32), 0xFFFFFFF0]),
        ack=rng.choice([0, 6, 101, rng.getrandbits(32)]),
        tcp_flags=rng.getrandbits(9),
        window=rng.choice([0, 1, 65535]),
        scale=rng.choice([0, 14, 200, 255]),
        data=rng.randbytes(rng.choice([0, 1, 2, 40])),
        marks=rng.choice([0, 1, 3, 3, 3, 3, 7, 67]),
        interface=rng.randrange(3),
        fault=rng.choice([0, 0, 0, 9]),
        tunnel=rng.choice([0, 0, 1]),
    )
    if rng.random() < 0.1:
        one["length"] = rng.randrange(100_000)
    return one


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 1 << 32), limit=st.sampled_from([1, 5, 1000]))
def test_conservation(seed: int, limit: int) -> None:
    """Whatever comes, every packet is counted once, every flow ends once, and nothing stays held."""
    rng = random.Random(seed)
    stage = Stage(max_flows=limit, side_bytes=1000, held_bytes=3000)
    for _ in range(4):
        stage.show(*(anything(rng) for _ in range(rng.randrange(1, 60))))
        assert stage.tracker.counts.active <= limit
        assert stage.tracker.counts.held_bytes <= 3000
    stage.finish()
    assert stage.balanced()
    assert sorted(f.number for f in stage.ended) == [f.number for f in stage.opened]
    assert all(f.ended in states.REASONS for f in stage.ended)
    assert len(stage.reader.over) == len(set(stage.reader.over))
    counts = stage.tracker.counts
    assert (counts.active, counts.held_bytes, counts.sink_errors) == (0, 0, 0)
    assert sum(counts.ended.values()) == counts.flows
