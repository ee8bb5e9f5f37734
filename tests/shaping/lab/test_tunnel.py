"""Tunnels: packets in and out, gone with their descriptor."""

from __future__ import annotations

import os
import socket
from ipaddress import IPv4Interface

from procwire.shaping.lab import namespaces
from procwire.shaping.lab.links import Links
from procwire.shaping.lab.tunnel import Tunnel
from tests.shaping.emulation.travel import packet
from tests.shaping.lab.place import needs_lab


def interfaces() -> list[str]:
    return [name for _, name in socket.if_nameindex()]


@needs_lab
def test_packets_go_both_ways_and_the_interface_goes_with_it() -> None:
    made = namespaces.made()

    def play() -> None:
        tunnel = Tunnel("try%d")
        assert tunnel.name == "try0"
        with Links() as links:
            index = links.up("try0", queue=50, mtu=1400)
            links.address(index, IPv4Interface("10.0.0.2/24"))
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
                mine.bind(("10.0.0.2", 9))
                mine.settimeout(5)
                mine.sendto(b"hello", ("10.0.0.1", 5000))
                sent = [data for data in iter(tunnel.read, None) if data[0] >> 4 == 4]
                assert [data[28:] for data in sent] == [b"hello"]
                tunnel.write(packet(7))
                assert mine.recv(100)[:4] == b"\0\0\0\7"
            tunnel.write(b"\xff nonsense")
            assert tunnel.refused == 1
            assert links.traffic("try0").received == 1
        tunnel.close()
        assert interfaces() == ["lo"]

    try:
        namespaces.inside(made, play)
    finally:
        os.close(made)
    assert "try0" not in interfaces()
