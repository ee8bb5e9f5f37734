"""A packet seen on a bridge, its port and a bond counts once."""

from __future__ import annotations

import pytest

from tests.flows.script import Stage, handshake, packet


@pytest.mark.parametrize("interfaces", [(1, 2), (2, 1), (5, 6, 7)])
def test_each_packet_counts_on_the_first_interface(interfaces: tuple[int, ...]) -> None:
    stage = Stage()
    flow = stage.play(*(one | {"interface": n} for one in handshake() for n in interfaces))
    assert (flow.packets_out, flow.packets_in) == (2, 1)
    assert flow.elsewhere == 3 * (len(interfaces) - 1)
    assert (flow.interface, stage.balanced()) == (interfaces[0], True)


def test_directions_may_be_seen_on_different_interfaces() -> None:
    stage = Stage()
    syn, synack, ack = handshake()
    flow = stage.play(syn | {"interface": 1}, synack | {"interface": 2}, ack | {"interface": 1})
    assert (flow.packets_out, flow.packets_in, flow.elsewhere) == (2, 1, 0)


def test_where_the_source_names_no_interface_all_counts() -> None:
    flow = Stage().play(
        packet(proto=17, interface=1), packet(proto=17, interface=0), packet(proto=17, interface=1)
    )
    assert (flow.packets_out, flow.elsewhere) == (3, 0)
