"""TCP states as an observer sees them."""

from __future__ import annotations

from procwire.flows.states import name
from procwire.model.frames import COUNTED
from tests.flows.script import ACK, CLIENT, FIN, MS, RST, SYN, Stage, handshake, packet, reply


def test_the_handshake_and_its_round_trip() -> None:
    stage = Stage()
    syn, synack, ack = handshake()
    assert name(stage.play(syn).state) == "syn-sent"
    assert name(stage.play(synack).state) == "syn-received"
    flow = stage.play(ack)
    assert name(flow.state) == "established"
    assert (flow.rtt, flow.rtt_dst) == (21 * MS, 20 * MS)
    assert (flow.mss_out, flow.mss_in, flow.scale_out, flow.scale_in) == (1460, 1400, 7, 8)
    assert (flow.flags_out, flow.flags_in) == (SYN | ACK, SYN | ACK)
    assert flow.opener_seen


def test_a_syn_sent_again_is_no_new_flow_and_no_round_trip() -> None:
    stage = Stage()
    syn, synack, ack = handshake(1000)
    flow = stage.play(
        syn | {"time": syn["time"] - 1000 * MS}, syn, synack, synack | {"time": synack["time"] + MS}, ack
    )
    assert len(stage.opened) == 1
    assert (flow.retransmissions_out, flow.retransmissions_in) == (1, 1)
    assert flow.rtt_dst == 20 * MS
    assert flow.rtt == 20 * MS


def test_a_syn_ack_seen_first_names_its_receiver_the_opener() -> None:
    stage = Stage()
    flow = stage.play(*handshake()[1:])
    assert (flow.src, flow.packets_out, flow.packets_in, flow.opener_seen) == (CLIENT, 1, 1, True)
    assert name(flow.state) == "established"
    assert flow.rtt == -1


def test_midstream_the_lower_port_is_dst() -> None:
    for first in (packet(seq=5, data=b"x"), reply(seq=5, data=b"x")):
        flow = Stage().play(first)
        assert (flow.src, flow.dport, flow.opener_seen, name(flow.state)) == (CLIENT, 80, False, "midstream")


def test_both_ends_open_at_once() -> None:
    stage = Stage()
    stage.play(packet(tcp_flags=SYN, seq=100), reply(tcp_flags=SYN, seq=300, at=1))
    assert len(stage.opened) == 1
    assert name(stage.opened[0].state) == "syn-received"
    stage.play(
        packet(tcp_flags=SYN | ACK, seq=100, ack=301, at=2),
        reply(tcp_flags=SYN | ACK, seq=300, ack=101, at=3),
    )
    assert name(stage.opened[0].state) == "established"


def test_an_orderly_close() -> None:
    stage = Stage()
    flow = stage.play(*handshake(), packet(at=30, tcp_flags=FIN | ACK, seq=1001, ack=5001))
    assert name(flow.state) == "fin-wait"
    assert stage.tracker.counts.going == 1
    stage.play(reply(at=31, seq=5001, ack=1002), reply(at=40, tcp_flags=FIN | ACK, seq=5001, ack=1002))
    assert name(flow.state) == "closing"
    stage.play(packet(at=41, seq=1002, ack=5002))
    assert name(flow.state) == "closed"
    counts = stage.tracker.counts  # it is kept a while, and not open any more
    assert (counts.active, counts.lingering, counts.going) == (1, 1, 0)


def test_both_ends_close_at_once() -> None:
    stage = Stage()
    fins = (
        packet(at=30, tcp_flags=FIN | ACK, seq=1001, ack=5001),
        reply(at=30, tcp_flags=FIN | ACK, seq=5001, ack=1001),
    )
    flow = stage.play(*handshake(), *fins)
    assert name(flow.state) == "closing"
    stage.play(packet(at=40, seq=1002, ack=5002), reply(at=40, seq=5002, ack=1002))
    assert name(flow.state) == "closed"


def test_a_refused_connection_is_reset() -> None:
    stage = Stage()
    flow = stage.play(packet(tcp_flags=SYN, seq=9), reply(tcp_flags=RST | ACK, ack=10, seq=0, at=1))
    assert name(flow.state) == "reset"
    stage.play(packet(tcp_flags=SYN, seq=9, at=500))  # tried again by a stubborn client
    assert len(stage.opened) == 1
    stage.play(packet(tcp_flags=SYN, seq=700_000, at=900))
    assert [f.ended for f in stage.ended] == ["rst"]


def test_a_blind_reset_is_not_believed() -> None:
    stage = Stage()
    flow = stage.play(*handshake(), reply(tcp_flags=RST, seq=0x50000000, at=30))
    assert name(flow.state) == "established"


def test_the_reset_of_the_connection_before_does_not_end_the_next_one() -> None:
    stage = Stage()
    flow = stage.play(
        packet(tcp_flags=SYN, seq=9, flags=COUNTED), packet(tcp_flags=RST, seq=1 << 30, at=1, flags=COUNTED)
    )
    assert name(flow.state) == "syn-sent"
    assert flow.isn == 9
    flow = stage.play(*handshake(), packet(tcp_flags=RST, seq=1 << 30, at=30, flags=COUNTED))
    assert name(flow.state) == "reset"  # where only some packets are shown, numbers are not known


def test_a_challenge_ack_proves_nothing() -> None:
    stage = Stage()
    flow = stage.play(packet(tcp_flags=SYN, seq=9), reply(seq=777, ack=3, at=1))
    assert name(flow.state) == "syn-sent"


def test_half_open_flows_end_soon_and_one_way_flows_before_open_ones() -> None:
    stage = Stage()
    stage.play(packet(tcp_flags=SYN, sport=1), packet(sport=2000), *handshake())
    begin = stage.now
    assert [f.sport for f in stage.tracker.expire(begin + 31 * 1000 * MS)] == [1]
    assert [f.sport for f in stage.tracker.expire(begin + 301 * 1000 * MS)] == [2000]
    assert stage.tracker.expire(begin + 7200 * 1000 * MS) == []
    assert [f.sport for f in stage.tracker.expire(begin + 7500 * 1000 * MS)] == [40000]
