"""ICMP messages: errors that quote, numbers that have no name, bytes that are no packet."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Direction
from procwire.dpi.wire.icmp_message import Messages, quoted

UDP4 = bytes.fromhex("4500001c0001000040110000c0000201c0000202") + bytes.fromhex("c00000350008ffff")
UDP6 = (
    bytes.fromhex("600000000008113f")
    + bytes.fromhex("20010db8000000000000000000000001")
    + bytes.fromhex("20010db8000000000000000000000002")
    + bytes.fromhex("c00000350008ffff")
)


def test_port_unreachable_quotes_the_ends() -> None:
    seen = Messages(4).read(Direction.IN, bytes.fromhex("0303000000000000") + UDP4, 1)
    assert (seen.message, seen.reason, seen.quoted_proto) == ("unreachable", "port-unreachable", 17)
    ends = (seen.quoted_src, seen.quoted_src_port, seen.quoted_dst, seen.quoted_dst_port)
    assert ends == ("192.0.2.1", 49152, "192.0.2.2", 53)


def test_mtu_and_gateway() -> None:
    small = Messages(4).read(Direction.IN, bytes.fromhex("0304000000000500") + UDP4, 1)
    assert (small.reason, small.mtu) == ("fragmentation-needed", 1280)
    wide = Messages(6).read(Direction.IN, bytes.fromhex("0200000000000500") + UDP6, 1)
    assert (wide.message, wide.mtu, wide.quoted_dst) == ("packet-too-big", 1280, "2001:db8::2")
    other = Messages(4).read(Direction.IN, bytes.fromhex("05010000c00002fe") + UDP4, 1)
    assert (other.message, other.gateway) == ("redirect", "192.0.2.254")


def test_type_without_a_name() -> None:
    seen = Messages(4).read(Direction.OUT, bytes.fromhex("c805000000000000"), 1)
    assert (seen.message, seen.type_number, seen.code_number) == ("type-200", 200, 5)


@pytest.mark.parametrize(
    ("data", "fault"),
    [(b"", "quotes-nothing"), (b"\x45", "quotes-no-packet"), (b"\xff" * 60, "quotes-no-packet")],
)
def test_quote_that_is_no_packet(data: bytes, fault: str) -> None:
    assert quoted(data) == {"faults": (fault,)}
