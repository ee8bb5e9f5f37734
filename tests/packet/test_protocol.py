"""ICMP as Community ID orders it, ESP, and protocols that only have a name."""

from __future__ import annotations

import struct

import pytest

from procwire.model.packets import ERROR_QUOTE, HAS_PORTS, RETURNED
from tests.packet.build import chain, decode, ends, eth, ip4, ip6, tcp

# The pairs of https://github.com/corelight/community-id-spec, request first.
PAIRS4 = [(8, 0), (13, 14), (15, 16), (10, 9), (17, 18)]
PAIRS6 = [(128, 129), (133, 134), (135, 136), (130, 131), (139, 140), (144, 145)]


def icmp4(kind: int, code: int = 0) -> bytes:
    return eth(ip4(struct.pack(">BBHHH", kind, code, 0, 1, 1) + b"ping", 1))


def icmp6(kind: int, code: int = 0) -> bytes:
    return eth(ip6(struct.pack(">BBHHH", kind, code, 0, 1, 1) + b"ping", 58), 0x86DD)


@pytest.mark.parametrize(("request_type", "reply"), PAIRS4)
def test_icmp4_pairs(request_type: int, reply: int) -> None:
    table = decode(icmp4(request_type), icmp4(reply))
    assert ends(table, 0)[2:] == (request_type, reply, 1)
    assert ends(table, 1)[2:] == (reply, request_type, 1)
    assert not table.marks[0] & RETURNED
    assert table.marks[1] & RETURNED
    assert table.payload_of(0) == b"ping"


@pytest.mark.parametrize(("request_type", "reply"), PAIRS6)
def test_icmp6_pairs(request_type: int, reply: int) -> None:
    table = decode(icmp6(request_type), icmp6(reply))
    assert ends(table, 0)[2:] == (request_type, reply, 58)
    assert ends(table, 1)[2:] == (reply, request_type, 58)
    assert not table.marks[0] & RETURNED
    assert table.marks[1] & RETURNED


@pytest.mark.parametrize(("kind", "code"), [(3, 1), (5, 0), (11, 0), (40, 2)])
def test_icmp4_one_way(kind: int, code: int) -> None:
    table = decode(icmp4(kind, code))
    assert ends(table)[2:] == (kind, code, 1)
    assert bool(table.marks[0] & ERROR_QUOTE) == (kind != 40)
    assert not table.marks[0] & RETURNED


def test_icmp6_errors_quote() -> None:
    table = decode(icmp6(3, 1), icmp6(143, 0))
    assert ends(table, 0)[2:] == (3, 1, 58)
    assert table.marks[0] & ERROR_QUOTE
    assert not table.marks[1] & ERROR_QUOTE


def test_esp_keeps_its_index() -> None:
    table = decode(eth(ip4(b"\0\0\x12\x34\0\0\0\x05" + b"cipher", 50)))
    assert (table.seq[0], table.ack[0], table.proto[0]) == (0x1234, 5, 50)
    assert table.payload_of(0) == b"cipher"
    assert not table.marks[0] & HAS_PORTS


@pytest.mark.parametrize(
    ("proto", "name"), [(2, "igmp"), (88, "eigrp"), (89, "ospf"), (103, "pim"), (112, "vrrp"), (253, "other")]
)
def test_named_only(proto: int, name: str) -> None:
    table = decode(eth(ip4(b"data", proto)))
    assert chain(table) == f"eth.ip.{name}"
    assert (table.proto[0], table.payload_of(0)) == (proto, b"data")


def test_icmp_of_the_other_family_has_no_ports() -> None:
    table = decode(eth(ip4(bytes(8), 58)), eth(ip6(tcp(), 1), 0x86DD))
    assert not table.marks[0] & HAS_PORTS
    assert not table.marks[1] & HAS_PORTS
