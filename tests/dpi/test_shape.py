"""What is said of a flow that no protocol took."""

from __future__ import annotations

import random

import pytest

from procwire.dpi.protocols import http
from procwire.dpi.registry import Registry
from procwire.dpi.shape import PIECES, entropy
from tests.dpi.flows import Listener, flow


def test_entropy() -> None:
    assert entropy(b"") == 0
    assert entropy(b"aaaa") == 0
    assert entropy(b"abcd" * 9) == pytest.approx(2)
    assert entropy(bytes(range(256))) == pytest.approx(8)
    assert entropy(random.Random(1).randbytes(256)) > 7


def test_unknown_flow_shows_its_sizes_and_stays_unknown() -> None:
    listener, odd = Listener(Registry([http])), flow(dport=4000)
    listener.analyzer.data(odd, 0, b"\0" * 90, 1)
    assert (odd.app, odd.app_confidence) == ("unknown", "unknown")
    assert (odd.facts["first_sizes"], odd.facts["first_entropy"]) == (("+90",), 0.0)


def test_sizes_of_both_sides_are_bounded() -> None:
    udp = Registry([__import__("procwire.dpi.protocols.stun", fromlist=["stun"])])
    listener, odd = Listener(udp, datagrams=12), flow(17, 4000)
    for number in range(20):
        listener.analyzer.data(odd, number % 2, b"z" * (number + 1), number)
    assert odd.facts["first_sizes"] == tuple(f"{n if n % 2 else -n:+d}" for n in range(1, PIECES + 1))


def test_flow_with_a_protocol_has_none() -> None:
    listener, web = Listener(Registry([http])), flow()
    listener.analyzer.data(web, 0, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", 1)
    listener.analyzer.ended(web, 2)
    assert "first_sizes" not in web.facts
