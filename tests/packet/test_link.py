"""Ethernet and what may stand between it and IP."""

from __future__ import annotations

import struct

import pytest

from procwire.model.frames import batch_of
from procwire.packet.decode import Decoder
from tests.packet.build import TCP4, TCP6, chain, decode, ends, eth, ip4, ip6, tcp

PACKET = ip4(tcp(b"hello"))
SNAP = b"\xaa\xaa\x03\0\0\0"


def tag(vid: int, inner: bytes, kind: int = 0x0800) -> bytes:
    return struct.pack(">HH", vid, kind) + inner


FRAMES = {
    "eth.ip.tcp": eth(PACKET),
    "eth.vlan:10.ip.tcp": eth(tag(0xE00A, PACKET), 0x8100),
    "eth.vlan:10.vlan:20.ip.tcp": eth(tag(10, tag(20, PACKET), 0x8100), 0x88A8),
    "eth.vlan:1.vlan:2.vlan.ip.tcp": eth(tag(1, tag(2, tag(3, PACKET), 0x8100), 0x9100), 0x9100),
    "eth.snap.ip.tcp": eth(SNAP + b"\x08\0" + PACKET, len(PACKET) + 8),
    "eth.llc.ip.tcp": eth(b"\x06\x06\x03" + PACKET, len(PACKET) + 3),
    "eth.mpls.ip.tcp": eth(b"\0\x01\0\x40\0\x02\x01\x40" + PACKET, 0x8847),
    "eth.mpls.pseudowire.eth.ip.tcp": eth(b"\0\x02\x01\x40" + bytes(4) + eth(PACKET), 0x8847),
    "eth.mpls.eth.ip.tcp": eth(b"\0\x02\x01\x40" + eth(PACKET), 0x8847),
    "eth.pppoe.ppp.ip.tcp": eth(b"\x11\0\0\x05" + struct.pack(">HH", len(PACKET) + 2, 0x21) + PACKET, 0x8864),
    "eth.itag.eth.ip.tcp": eth(b"\0\0\0\x05" + eth(PACKET), 0x88E7),
    "eth.hsr.ip.tcp": eth(b"\0\x40\0\x01\x08\0" + PACKET, 0x892F),
    "eth.rtag.ip.tcp": eth(b"\0\0\0\x01\x08\0" + PACKET, 0xF1C1),
    "eth.vntag.ip.tcp": eth(b"\0\0\0\x01\x08\0" + PACKET, 0x8926),
    "eth.etag.ip.tcp": eth(b"\0\0\0\x01\0\0\x08\0" + PACKET, 0x893F),
    "eth.cmd.ip.tcp": eth(b"\x01\x01\0\x01\0\x02\x08\0" + PACKET, 0x8909),
}


@pytest.mark.parametrize("text", FRAMES)
def test_each_encapsulation_reaches_the_packet(text: str) -> None:
    table = decode(FRAMES[text] + bytes(9))  # trailer padding
    assert chain(table) == text
    assert ends(table) == TCP4
    assert table.payload_of(0) == b"hello"
    assert table.length[0] == 5
    assert table.fault[0] == 0


def test_ip6_over_ethernet() -> None:
    table = decode(eth(ip6(tcp(b"x")), 0x86DD))
    assert (chain(table), ends(table), table.ethertype[0]) == ("eth.ip6.tcp", TCP6, 0x86DD)


def test_long_chain_keeps_its_ends() -> None:
    deep = eth(
        tag(
            1,
            tag(2, tag(3, tag(4, tag(5, tag(6, tag(7, PACKET), 0x8100), 0x8100), 0x8100), 0x8100), 0x8100),
            0x8100,
        ),
        0x8100,
    )
    table = decode(deep)
    assert chain(table) == "eth.vlan:1.vlan:2.vlan.vlan.vlan.….tcp"
    assert ends(table) == TCP4


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (eth(bytes(28), 0x0806), "arp"),
        (eth(bytes(28), 0x88CC), "lldp"),
        (eth(bytes(28), 0x7777), "0x7777"),
        (eth(b"\x42\x42\x03" + bytes(35), 38), "llc"),
        (eth(b"\x11\x09\0\0\0\0", 0x8863), "pppoe-discovery"),
    ],
)
def test_what_is_not_ip_is_counted_by_name(frame: bytes, name: str) -> None:
    decoder = Decoder()
    table = decode(frame, decoder=decoder)
    assert table.family[0] == 0
    assert decoder.counts == {f"ethertype.{name}": 1}


def test_macsec_counts_as_encrypted() -> None:
    decoder = Decoder()
    decode(eth(bytes(40), 0x88E5), decoder=decoder)
    assert decoder.counts["encrypted"] == 1


def test_bottomless_label_stack_is_a_fault() -> None:
    decoder = Decoder()
    decode(eth(b"\0\x01\0\x40" * 400, 0x8847), decoder=decoder)
    assert decoder.counts["fault.too-deep"] == 1


def test_a_tag_that_the_kernel_took_out_is_put_back() -> None:
    batch = batch_of([FRAMES["eth.vlan:10.ip.tcp"], eth(PACKET)])
    batch.vlan[0] = batch.vlan[1] = 0x8100 << 16 | 0x2007
    table = Decoder().decode(batch)
    assert chain(table, 0) == "eth.vlan:7.vlan:10.ip.tcp"
    assert chain(table, 1) == "eth.vlan:7.ip.tcp"
    assert ends(table, 1) == TCP4


def test_network_service_header_and_fabricpath() -> None:
    service = decode(eth(b"\x0f\xc6\x01\x03" + bytes(20) + eth(PACKET), 0x894F))
    fabric = decode(eth(b"\0\x01" + eth(PACKET), 0x8903))
    assert chain(service) == "eth.nsh.eth.ip.tcp"
    assert chain(fabric) == "eth.fabricpath.eth.ip.tcp"
    assert ends(service) == ends(fabric) == TCP4
