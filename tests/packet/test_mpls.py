"""What lies under a label stack is found by looking at it."""

from __future__ import annotations

import struct

import pytest

from procwire.packet import faults
from tests.packet.build import A6, TCP4, TCP6, chain, decode, ends, eth, ip4, ip6, tcp

LABEL = b"\0\x02\x01\x40"
P4, P6 = ip4(tcp(b"hello")), ip6(tcp(b"hello"))


@pytest.mark.parametrize("depth", [1, 3, 16])
def test_stacks(depth: int) -> None:
    table = decode(eth(b"\0\x01\0\x40" * (depth - 1) + LABEL + P6, 0x8847))
    assert (chain(table), ends(table)) == ("eth.mpls.ip6.tcp", TCP6)
    assert table.src_hi[0] == int.from_bytes(bytes.fromhex("20010db800000000"), "big"), A6


@pytest.mark.parametrize("first", [0x02, 0x42, 0xFA])
def test_ethernet_whose_address_looks_like_something_else(first: int) -> None:
    frame = bytes([first]) + eth(P4)[1:]
    assert ends(decode(eth(LABEL + frame, 0x8847))) == TCP4


def test_associated_channel_is_not_a_frame() -> None:
    table = decode(eth(LABEL + b"\x10\0\0\x07" + bytes(40), 0x8847))
    assert (chain(table), table.family[0], table.fault[0]) == ("eth.mpls", 0, 0)


def test_a_stack_cut_short() -> None:
    assert faults.name(decode(eth(b"\0\x01\0\x40", 0x8847)).fault[0]) == "link-short"
    assert faults.name(decode(b"", link=101).fault[0]) == "link-short"


def test_raw_ip_that_is_neither_version() -> None:
    table = decode(struct.pack(">B", 0x75) + bytes(40), link=101)
    assert faults.name(table.fault[0]) == "network-invalid"
