from __future__ import annotations

import struct

from hypothesis import given

from procwire.shaping.codec import links
from procwire.shaping.codec.attributes import attribute, nest, number, text
from tests.shaping.codec.hostile import damaged, is_borne

DUMP = (
    struct.pack("=BxHiII", 0, 1, 7, links.UP, 0)
    + text(3, "eth0")
    + number(4, 1500)
    + number(5, 9)
    + attribute(37, struct.pack("=i", 2))
    + nest(18, text(1, "veth"))
    + attribute(23, struct.pack("=8Q", 1, 2, 3, 4, 5, 6, 7, 8))
)


def test_an_interface_is_read() -> None:
    found = links.decode(DUMP)
    assert (found.device, found.name, found.kind, found.mtu) == (7, "eth0", "veth", 1500)
    assert (found.peer, found.peer_space) == (9, 2)
    assert (found.received_bytes, found.sent_bytes, found.received_drops) == (3, 4, 7)
    assert found.is_up
    assert not found.is_loopback


def test_requests_carry_index_and_name() -> None:
    made = links.decode(links.made(0x70770003, "pwifb3", "ifb"))
    assert (made.device, made.name, made.kind, made.peer_space) == (0x70770003, "pwifb3", "ifb", -1)
    assert links.decode(links.asked(7, "eth0")).name == "eth0"
    assert links.decode(links.switched(7, up=True)).is_up
    assert not links.decode(links.switched(7, up=False)).is_up


@given(damaged(DUMP))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    assert is_borne(links.decode, data)
