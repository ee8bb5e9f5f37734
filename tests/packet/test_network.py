"""IPv4 and IPv6 headers and their lengths."""

from __future__ import annotations

import struct

import pytest

from procwire.model.frames import FrameBatch
from procwire.model.packets import CUT, HAS_PORTS, IS_IP
from procwire.packet import faults
from procwire.packet.decode import Decoder
from tests.packet.build import TCP4, TCP6, decode, ends, eth, ip4, ip6, tcp, udp

OPTION = b"\0\0\0\0\0\0"  # of an extension header: padding


def fault(frame: bytes) -> str:
    return faults.name(decode(frame).fault[0])


def test_options_are_skipped() -> None:
    table = decode(eth(ip4(tcp(b"hi"), options=b"\x94\x04\0\0" * 3)))
    assert (ends(table), table.payload_of(0), table.ttl[0]) == (TCP4, b"hi", 64)


def test_total_length_0_is_an_offload_packet() -> None:
    table = decode(eth(ip4(tcp(b"x" * 3000), total=0)))
    assert (table.length[0], table.present[0], table.fault[0]) == (3000, 3000, 0)


def test_a_short_capture_is_marked_and_lengths_stay_true() -> None:
    frame = eth(ip4(tcp(b"x" * 1000)))
    batch = FrameBatch(frame[:74], 1)
    batch.add(0, 74, len(frame), 0, 1)
    table = Decoder().decode(batch)
    assert (table.length[0], table.present[0], table.wire[0]) == (1000, 20, len(frame))
    assert table.marks[0] == IS_IP | HAS_PORTS | CUT
    assert table.fault[0] == 0


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (eth(ip4(tcp()))[:30], "network-short"),
        (eth(b"\x55" + ip4(tcp())[1:]), "network-invalid"),
        (eth(b"\x44" + ip4(tcp())[1:]), "network-invalid"),
        (eth(ip4(tcp(), total=19)), "network-length"),
        (eth(ip4(tcp(), total=999)), "network-overrun"),
        (eth(b"\x4f" + ip4(tcp())[1:]), "network-length"),
        (eth(ip6(tcp())[:39], 0x86DD), "network-short"),
        (eth(b"\x40" + ip6(tcp())[1:], 0x86DD), "network-invalid"),
        (eth(ip6(b"\x06\xff" + bytes(20), 0), 0x86DD), "extension-invalid"),
        (eth(ip6(b"\x06\0", 60), 0x86DD), "network-short"),
    ],
)
def test_faults(frame: bytes, name: str) -> None:
    assert fault(frame) == name


@pytest.mark.parametrize("kind", [0, 43, 60, 135, 139, 140])
def test_extension_headers(kind: int) -> None:
    table = decode(eth(ip6(b"\x3c\0" + OPTION + b"\x06\x01" + OPTION + bytes(8) + tcp(b"hi"), kind), 0x86DD))
    assert (ends(table), table.payload_of(0), table.fault[0]) == (TCP6, b"hi", 0)


def test_authentication_header_in_both_families() -> None:
    header = b"\x06\x04\0\0" + bytes(20)
    assert ends(decode(eth(ip4(header + tcp(b"hi"), 51)))) == TCP4
    assert ends(decode(eth(ip6(header + tcp(b"hi"), 51), 0x86DD))) == TCP6


def test_no_next_header_ends_the_packet() -> None:
    table = decode(eth(ip6(b"rest", 59), 0x86DD))
    assert (table.proto[0], table.length[0], table.fault[0]) == (59, 4, 0)


def test_mobility_signalling_is_a_protocol_of_its_own() -> None:
    table = decode(eth(ip6(b"\x3b\x00" + bytes(6), 135), 0x86DD))
    assert table.proto[0] == 135


def test_jumbogram() -> None:
    body = udp(b"x" * 70000, size=0)
    jumbo = b"\x11\0\xc2\x04" + struct.pack(">I", len(body) + 8)
    table = decode(eth(ip6(jumbo + body, 0, size=0), 0x86DD))
    assert (table.proto[0], table.length[0], table.present[0], table.fault[0]) == (17, 70000, 70000, 0)


def test_endless_extension_headers_are_a_fault() -> None:
    assert fault(eth(ip6((b"\x3c\0" + OPTION) * 40, 60), 0x86DD)) == "too-deep"


def test_an_atomic_fragment_is_whole() -> None:
    table = decode(eth(ip6(b"\x06\0\0\0\0\0\0\x07" + tcp(b"hi"), 44), 0x86DD))
    assert (ends(table), table.payload_of(0)) == (TCP6, b"hi")
