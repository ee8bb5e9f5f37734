"""Who opened a flow, by its first packet."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.flows.community import PAIRS
from procwire.model.packets import HAS_PORTS, IS_IP
from tests.flows.script import ACK, CLIENT, FIN, SERVER, SYN, Stage, packet


@pytest.mark.parametrize(
    ("given", "src", "seen"),
    [
        ({"tcp_flags": SYN, "sport": 1, "dport": 9}, CLIENT, True),
        ({"tcp_flags": SYN | ACK, "sport": 9, "dport": 1}, SERVER, True),
        ({"tcp_flags": FIN | ACK, "sport": 5000, "dport": 6000}, SERVER, False),
        ({"tcp_flags": ACK, "sport": 6000, "dport": 5000}, CLIENT, False),
        ({"tcp_flags": ACK, "sport": 5000, "dport": 5000}, CLIENT, False),
        ({"proto": 17, "sport": 5353, "dport": 5353}, CLIENT, True),
        ({"proto": 17, "sport": 53, "dport": 40000}, CLIENT, False),
        ({"proto": 47, "sport": 0, "dport": 0, "marks": IS_IP}, CLIENT, False),
    ],
)
def test_opener(given: dict[str, Any], src: str, seen: bool) -> None:
    flow = Stage().play(packet(**given))
    assert (flow.src, flow.opener_seen) == (src, seen)


def test_a_flow_keeps_what_its_first_packet_said() -> None:
    flow = Stage().play(packet(proto=17, tunnel=9, interface=4, vlan=0, at=7))
    assert (flow.number, flow.tunnel, flow.interface) == (1, 9, 4)
    assert (flow.packets_out, flow.first) == (1, flow.last)


def test_every_icmp_pair_is_one_flow() -> None:
    stage = Stage()
    for proto, pairs in PAIRS.items():
        for kind, answer in pairs.items():
            stage.play(packet(proto=proto, sport=kind, dport=answer, marks=IS_IP | HAS_PORTS))
    assert len(stage.opened) == sum(len(pairs) for pairs in PAIRS.values())
    assert stage.balanced()
    mirrored = packet(proto=1, src=SERVER, dst=CLIENT, sport=0, dport=8)
    count = stage.tracker.counts.flows
    stage.play(mirrored)
    assert stage.tracker.counts.flows == count
