"""Tunnels: entered where port, header and content agree, plain UDP or the outer header where they do not."""

from __future__ import annotations

import struct

import pytest

from procwire.packet.decode import Decoder
from tests.packet.build import A4, B4, TCP4, TCP6, chain, decode, ends, eth, ip4, ip6, tcp, udp

IN4 = ip4(tcp(b"hello"))
IN6 = ip6(tcp(b"hello"))
FRAME = eth(IN4)
VXLAN = b"\x08\0\0\0\0\0\x05\0"
OUTER = {"src": "192.0.2.1", "dst": "192.0.2.2"}


def gre(flags: int, kind: int, rest: bytes) -> bytes:
    return eth(ip4(struct.pack(">HH", flags, kind) + rest, 47, **OUTER))


def over_udp(port: int, data: bytes, sport: int = 5555) -> bytes:
    return eth(ip4(udp(data, sport, port), 17, **OUTER))


TUNNELS = {
    "eth.ip.ip.tcp": eth(ip4(IN4, 4, **OUTER)),
    "eth.ip.ip6.tcp": eth(ip4(IN6, 41, **OUTER)),
    "eth.ip6.ip.tcp": eth(ip6(IN4, 4), 0x86DD),
    "eth.ip6.ip6.tcp": eth(ip6(IN6, 41), 0x86DD),
    "eth.ip.gre.ip.tcp": gre(0, 0x0800, IN4),
    "eth.ip.gre.ip6.tcp": gre(0xB000, 0x86DD, bytes(4) + b"\0\0\0\x09" + bytes(4) + IN6),
    "eth.ip.gre.eth.ip.tcp": gre(0x2000, 0x6558, b"\0\0\x05\0" + FRAME),
    "eth.ip.gre.mpls.ip.tcp": gre(0, 0x8847, b"\0\x01\x01\x40" + IN4),
    "eth.ip.gre.pptp.ppp.ip.tcp": gre(
        0x3081, 0x880B, struct.pack(">HHII", len(IN4) + 4, 7, 1, 1) + b"\xff\x03\0\x21" + IN4
    ),
    "eth.ip.gre.erspan.eth.ip.tcp": gre(0x1000, 0x88BE, bytes(4) + b"\x10\0\0\x07" + bytes(4) + FRAME),
    "eth.ip.gre.ip.tcp ": gre(0, 0x883E, bytes(4) + IN4),
    "eth.ip.udp.vxlan.eth.ip.tcp": over_udp(4789, VXLAN + FRAME),
    "eth.ip.udp.vxlan.ip6.tcp": over_udp(4790, b"\x0c\0\0\x02\0\0\x05\0" + IN6),
    "eth.ip.udp.geneve.eth.ip.tcp": over_udp(6081, b"\x01\0\x65\x58\0\0\x05\0" + bytes(4) + FRAME),
    "eth.ip.udp.geneve.ip.tcp": over_udp(6081, b"\0\0\x08\0\0\0\x05\0" + IN4),
    "eth.ip.udp.gtp.ip.tcp": over_udp(2152, b"\x30\xff" + struct.pack(">HI", len(IN4), 9) + IN4),
    "eth.ip.udp.gtp.ip6.tcp": over_udp(
        2152, b"\x34\xff" + struct.pack(">HI", len(IN6) + 8, 9) + b"\0\0\0\x85\x01\x10\x01\0" + IN6
    ),
    "eth.ip.udp.teredo.ip6.tcp": over_udp(3544, IN6),
    "eth.ip.udp.mpls.ip.tcp": over_udp(6635, b"\0\x01\x01\x40" + IN4),
    "eth.ip.etherip.eth.ip.tcp": eth(ip4(b"\x30\0" + FRAME, 97, **OUTER)),
}


@pytest.mark.parametrize("text", TUNNELS)
def test_each_tunnel_is_opened(text: str) -> None:
    table = decode(TUNNELS[text])
    assert chain(table) == text.strip()
    assert ends(table) == (TCP6 if text.endswith("ip6.tcp") else TCP4)
    assert table.payload_of(0) == b"hello"
    assert table.fault[0] == 0


def test_erspan_1_and_3() -> None:
    first = decode(gre(0, 0x88BE, FRAME))
    third = decode(gre(0x1000, 0x22EB, bytes(4) + b"\x20\0\0\x07" + bytes(7) + b"\x01" + bytes(8) + FRAME))
    assert ends(first) == ends(third) == TCP4


def test_identifiers_tell_tunnels_apart() -> None:
    other = VXLAN[:6] + b"\x06\0"
    table = decode(
        over_udp(4789, VXLAN + FRAME), over_udp(4789, other + FRAME), over_udp(8472, VXLAN + FRAME)
    )
    assert table.tunnel[0]
    assert table.tunnel[1]
    assert table.tunnel[0] != table.tunnel[1]
    assert table.tunnel[0] == table.tunnel[2]
    assert decode(FRAME).tunnel[0] == 0


@pytest.mark.parametrize(
    ("port", "data"),
    [
        (4789, bytes(60)),
        (4789, VXLAN + bytes(30)),
        (4790, b"\x0c\0\0\x09\0\0\x05\0" + IN6),
        (6081, b"\xff" * 60),
        (6081, b"\x3f\0\x08\0\0\0\x05\0" + IN4),
        (2152, b"\x32\x01\0\x04" + bytes(40)),
        (2152, b"\x34\xff\0\x40" + bytes(60)),
        (3544, bytes(60)),
    ],
)
def test_what_is_no_tunnel_stays_udp(port: int, data: bytes) -> None:
    table = decode(over_udp(port, data))
    assert ends(table) == ("192.0.2.1", "192.0.2.2", 5555, port, 17)
    assert table.payload_of(0) == data
    assert (table.fault[0], table.tunnel[0]) == (0, 0)


def test_an_unreadable_inner_packet_leaves_the_outer_flow() -> None:
    table = decode(gre(0, 0x0800, b"\x45" + bytes(30)), gre(0, 0x88CC, bytes(30)))
    assert ends(table, 0) == ends(table, 1) == ("192.0.2.1", "192.0.2.2", 0, 0, 47)
    assert table.fault[0] != 0
    assert table.fault[1] == 0
    assert table.tunnel[1] == 0


def test_nesting_is_bounded() -> None:
    packet = ip4(tcp())
    for _ in range(9):
        packet = ip4(packet, 4)
    decoder = Decoder()
    table = decode(eth(packet), decoder=decoder)
    assert ends(table) == (A4, B4, 0, 0, 4)
    assert decoder.counts == {"fault.too-deep": 1}
