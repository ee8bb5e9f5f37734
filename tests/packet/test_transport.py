"""TCP, UDP, SCTP, DCCP, UDP-Lite headers."""

from __future__ import annotations

import struct

import pytest

from procwire.model.packets import HAS_PORTS
from procwire.packet import faults
from tests.packet.build import TCP4, chain, decode, ends, eth, ip4, tcp, udp


def test_tcp_fields() -> None:
    table = decode(eth(ip4(tcp(b"hi", flags=0x1C2, options=b"\x02\x04\x05\xb4\x01\x03\x03\x07"))))
    assert (table.seq[0], table.ack[0], table.window[0]) == (1000, 2000, 512)
    assert (table.tcp_flags[0], table.mss[0], table.scale[0]) == (0x1C2, 1460, 7)
    assert table.payload_of(0) == b"hi"


def test_options_only_count_on_a_syn() -> None:
    table = decode(eth(ip4(tcp(options=b"\x02\x04\x05\xb4"))))
    assert (table.mss[0], table.scale[0]) == (0, 255)


def test_scale_is_capped_at_14() -> None:
    assert decode(eth(ip4(tcp(flags=2, options=b"\x03\x03\xff\0")))).scale[0] == 14  # RFC 7323 section 2.3


@pytest.mark.parametrize("options", [b"\x02\x00\0\0", b"\x02\xff\0\0", b"\x01\x01\x01\x02", b"\x08\x01\0\0"])
def test_malformed_options_end_the_list(options: bytes) -> None:
    table = decode(eth(ip4(tcp(flags=2, options=options))))
    assert (table.mss[0], table.scale[0], table.fault[0]) == (0, 255, 0)


@pytest.mark.parametrize("offset", [0, 4, 15])
def test_bad_data_offset_is_a_fault_but_has_ports(offset: int) -> None:
    table = decode(eth(ip4(tcp(b"data", offset=offset))))
    assert faults.name(table.fault[0]) == "transport-invalid"
    assert ends(table) == TCP4
    assert table.marks[0] & HAS_PORTS
    assert (table.length[0], table.tcp_flags[0]) == (0, 0)


@pytest.mark.parametrize(
    ("size", "name", "length"),
    [(None, "none", 5), (9, "none", 1), (7, "transport-invalid", 5), (500, "transport-length", 5)],
)
def test_udp_length_against_ip_length(size: int | None, name: str, length: int) -> None:
    table = decode(eth(ip4(udp(b"hello", size=size), 17)))
    assert faults.name(table.fault[0]) == name
    assert (table.length[0], table.sport[0], table.dport[0]) == (length, 5000, 53)


@pytest.mark.parametrize(
    ("proto", "header", "name"),
    [
        (132, struct.pack(">HHII", 1, 2, 77, 0), "sctp"),
        (33, struct.pack(">HHBBHI", 1, 2, 3, 0, 0, 0), "dccp"),
        (136, struct.pack(">HHHH", 1, 2, 8, 0), "udplite"),
    ],
)
def test_the_other_transports(proto: int, header: bytes, name: str) -> None:
    table = decode(eth(ip4(header + b"hi", proto)))
    assert ends(table)[2:] == (1, 2, proto)
    assert table.payload_of(0) == b"hi"
    assert chain(table) == f"eth.ip.{name}"
    assert table.seq[0] == (77 if proto == 132 else 0)


@pytest.mark.parametrize("proto", [1, 6, 17, 33, 50, 51, 132, 136])
def test_short_headers(proto: int) -> None:
    for size in range(4):
        table = decode(eth(ip4(bytes(size), proto)))
        assert faults.name(table.fault[0]) == "transport-short"
        assert not table.marks[0] & HAS_PORTS
