"""The two ends: addresses that nobody has, and nothing left behind."""

from __future__ import annotations

import os
import socket

import pytest

from procwire.shaping.failure import ShapingError
from procwire.shaping.lab import namespaces
from procwire.shaping.lab.links import Links
from procwire.shaping.lab.wiring import _SLOTS, Wiring, addresses, free
from tests.shaping.lab.place import needs_lab


def test_a_network_is_chosen_that_nobody_has() -> None:
    assert str(addresses(0).far) == "198.18.0.1/30"
    assert str(addresses(_SLOTS - 1).near) == "198.19.255.254/30"
    taken = {"198.18.0.5", "127.0.0.1", "fe80::1"}
    assert free(taken, 1) == addresses(2)
    assert free(set(), _SLOTS) == addresses(0)
    assert addresses(3).near6.network == addresses(3).far6.network
    everything = {str(addresses(slot).far.ip) for slot in range(_SLOTS)}
    with pytest.raises(ShapingError, match="taken"):
        free(everything, 7)


@needs_lab
@pytest.mark.parametrize("loopback", [False, True])
def test_both_ends_are_made_and_gone(loopback: bool) -> None:
    other = namespaces.made()

    def names() -> list[str]:
        return [name for _, name in socket.if_nameindex()]

    def known() -> set[str]:
        with Links() as links:
            return links.addresses()

    try:
        with Wiring(far=other, loopback=loopback) as wiring, Wiring(far=other) as second:
            assert namespaces.inside(other, names) == ["lo", "pwshape0", "pwshape1"]
            assert namespaces.inside(wiring.namespace, names) == ["lo", "eth0"]
            assert str(wiring.addresses.far.ip) in namespaces.inside(other, known)
            assert ("127.0.0.1" in namespaces.inside(wiring.namespace, known)) is not loopback
            assert wiring.addresses != second.addresses
            assert wiring.dropped() == 0
        assert namespaces.inside(other, names) == ["lo"]
    finally:
        os.close(other)
