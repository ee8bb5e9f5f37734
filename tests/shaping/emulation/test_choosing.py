"""Which packets are meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.emulation.choosing import choosing
from procwire.shaping.selection import selector
from tests.shaping.emulation.travel import packet

SENT, RECEIVED = True, False
IPV6 = bytes([0x60, 0, 0, 0, 0, 8, 6, 64]) + b"\xfd" + bytes(15) + b"\x20\x01" + bytes(14) + b"\0\x50\x01\xbb"


def takes(text: str, data: bytes, sent: bool) -> bool:
    return choosing([selector(text)], [])(data, sent)


@pytest.mark.parametrize(
    ("text", "sent", "expected"),
    [
        ("peer=10.0.0.2", SENT, True),
        ("peer=10.0.0.2", RECEIVED, False),
        ("peer=10.0.0.1", RECEIVED, True),
        ("local=10.0.0.0/24", SENT, True),
        ("peer=2001:db8::/32", SENT, False),
        ("port=9", SENT, True),
        ("local_port=5000", SENT, True),
        ("port=5000", RECEIVED, True),
        ("port=1-8", SENT, False),
        ("protocol=udp", SENT, True),
        ("protocol=tcp", SENT, False),
        ("peer=10.0.0.2 port=9 protocol=udp", SENT, True),
        ("peer=10.0.0.2 port=10", SENT, False),
    ],
)
def test_a_selector_speaks_of_the_peer_in_both_directions(text: str, sent: bool, expected: bool) -> None:
    assert takes(text, packet(), sent) is expected


def test_ipv6() -> None:
    assert takes("peer=2001::/16 port=443", IPV6, SENT)
    assert not takes("peer=2001::/16", IPV6, RECEIVED)


def test_without_selectors_everything_is_meant_but_what_is_exempt() -> None:
    assert choosing([], [])(b"", SENT)
    meant = choosing([], [selector("port=9")])
    assert not meant(packet(), SENT)
    assert meant(packet(), RECEIVED)
    assert not choosing([selector("port=9")], [selector("peer=10.0.0.2")])(packet(), SENT)


def test_a_later_fragment_has_no_ports() -> None:
    later = bytearray(packet())
    later[7] = 1
    assert not takes("port=9", bytes(later), SENT)
    assert takes("peer=10.0.0.2", bytes(later), SENT)


@given(st.binary(max_size=60), st.booleans())
def test_nothing_raises(data: bytes, sent: bool) -> None:
    assert takes("port=9 protocol=udp", data, sent) in (True, False)
