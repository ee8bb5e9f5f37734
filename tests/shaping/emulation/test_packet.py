"""Flows, ECN marks and flipped bits of packets."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.emulation.packet import flipped, flow_of, marked
from tests.shaping.emulation.travel import packet

IPV6 = bytes([0x60, 0x10, 0, 0, 0, 8, 17, 64]) + bytes(range(32)) + struct.pack("!HHHH", 1, 2, 8, 0)


def checksum(head: bytes) -> int:
    total: int = sum(struct.unpack("!10H", head[:20]))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_a_flow_is_protocol_addresses_and_ports() -> None:
    assert flow_of(packet(1)) == flow_of(packet(2, size=200))
    assert flow_of(packet(port=1)) != flow_of(packet(port=2))
    assert flow_of(IPV6)[1:33] == bytes(range(32))
    assert flow_of(IPV6)[33:] == b"\0\1\0\2"


def test_fragments_have_no_ports() -> None:
    first, later = bytearray(packet()), bytearray(packet(port=7777))
    first[6], later[7] = 0x20, 10
    assert flow_of(bytes(first)) == flow_of(bytes(later))


def test_a_mark_keeps_the_checksum_right() -> None:
    data = marked(packet(tos=0x02))
    assert data is not None
    assert data[1] & 3 == 3
    assert checksum(data) == 0xFFFF
    assert marked(packet(tos=0)) is None
    six = marked(IPV6)
    assert six is not None
    assert six[1] >> 4 & 3 == 3


def test_one_bit_is_flipped() -> None:
    data = packet()
    assert flipped(flipped(data, 33), 33) == data
    assert sum(a != b for a, b in zip(data, flipped(data, 100), strict=True)) == 1


@given(st.binary(max_size=60))
def test_nothing_raises_on_any_bytes(data: bytes) -> None:
    assert isinstance(flow_of(data), bytes)
    assert marked(data) is None or len(marked(data) or b"") == len(data)
