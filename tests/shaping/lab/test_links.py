"""Addresses and routes of a namespace."""

from __future__ import annotations

import os
import socket
from ipaddress import IPv4Interface, IPv4Network

from procwire.shaping.lab import namespaces
from procwire.shaping.lab.links import Links
from procwire.shaping.lab.tunnel import Tunnel
from tests.shaping.lab.place import needs_lab


@needs_lab
def test_addresses_and_routes_are_as_given() -> None:
    made = namespaces.made()

    def play() -> None:
        tunnel = Tunnel("try%d")
        with Links() as links:
            links.up("lo")
            assert "127.0.0.1" in links.addresses()
            index = links.up(tunnel.name)
            near = IPv4Interface("10.1.0.2/30")
            links.address(index, near)
            links.route(index, IPv4Network("0.0.0.0/0"), near)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
                asking.connect(("192.0.2.1", 9))
                assert asking.getsockname()[0] == "10.1.0.2"
            links.give_up_loopback()
            assert links.addresses() & {"127.0.0.1", "10.1.0.2"} == {"10.1.0.2"}
        tunnel.close()

    try:
        namespaces.inside(made, play)
    finally:
        os.close(made)
    assert not [name for _, name in socket.if_nameindex() if name.startswith("try")]
