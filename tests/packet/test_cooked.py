"""Every link type that is read, and those that are only named."""

from __future__ import annotations

import struct

import pytest

from procwire.model.frames import FOREIGN, INBOUND, OUTBOUND
from procwire.packet import _names
from procwire.packet.decode import Decoder
from tests.packet.build import TCP4, TCP6, chain, decode, ends, eth, ip4, ip6, tcp

P4, P6 = ip4(tcp(b"hello")), ip6(tcp(b"hello"))
RADIO = b"\0\0\x08\0\0\0\0\0"
WLAN = b"\x08\x01" + bytes(22) + b"\xaa\xaa\x03\0\0\0\x08\0"
SLL2 = struct.pack(">HHIHBB8s", 0x0800, 0, 3, 1, 4, 6, b"")
CASES = [
    (0, struct.pack("<I", 2) + P4, "null.ip.tcp"),
    (0, struct.pack(">I", 2) + P4, "null.ip.tcp"),
    (0, struct.pack("<I", 30) + P6, "null.ip6.tcp"),
    (108, struct.pack(">I", 24) + P6, "null.ip6.tcp"),
    (109, struct.pack("<III", 2, 0, 0) + P4, "null.ip.tcp"),
    (12, P4, "raw.ip.tcp"),
    (14, P6, "raw.ip6.tcp"),
    (101, P6, "raw.ip6.tcp"),
    (228, P4, "raw.ip.tcp"),
    (229, P6, "raw.ip6.tcp"),
    (113, struct.pack(">HHH8sH", 4, 1, 6, b"", 0x0800) + P4, "sll.ip.tcp"),
    (276, SLL2 + P4, "sll2.ip.tcp"),
    (9, b"\xff\x03\0\x21" + P4, "ppp.ip.tcp"),
    (9, b"\x21" + P4, "ppp.ip.tcp"),
    (50, b"\xff\x03\0\x57" + P6, "ppp.ip6.tcp"),
    (50, b"\x0f\0\x08\0" + P4, "hdlc.ip.tcp"),
    (51, b"\x11\0\0\x01" + struct.pack(">HH", len(P4) + 2, 0x21) + P4, "pppoe.ppp.ip.tcp"),
    (204, b"\x01\xff\x03\0\x21" + P4, "ppp.ip.tcp"),
    (104, b"\x0f\0\x08\0" + P4, "hdlc.ip.tcp"),
    (107, b"\x18\x41\x03\xcc" + P4, "fr.ip.tcp"),
    (107, b"\x18\x41\x08\0" + P4, "fr.ip.tcp"),
    (107, b"\x18\x41\x03\0\x80\0\0\0\x86\xdd" + P6, "fr.ip6.tcp"),
    (107, b"\x18\x41\x03\0\x80\0\x80\xc2\0\x07" + eth(P4), "fr.eth.ip.tcp"),
    (219, b"\0\x02\x01\x40" + P4, "mpls.ip.tcp"),
    (239, b"\x02\0\0\0" + b"\x08\0\x0a\0abcd" + struct.pack("<HH", len(P4) + 4, 9) + P4, "nflog.ip.tcp"),
    (258, struct.pack("<III", 108, 1, 1) + bytes(96) + eth(P4), "pktap.eth.ip.tcp"),
    (192, struct.pack("<BBHI", 0, 0, 8, 1) + eth(P4), "ppi.eth.ip.tcp"),
    (10, bytes(13) + b"\xaa\xaa\x03\0\0\0\x08\0" + P4, "snap.ip.tcp"),
    (105, WLAN + P4, "wlan.snap.ip.tcp"),
    (127, RADIO + WLAN + P4, "radiotap.wlan.snap.ip.tcp"),
    (119, struct.pack("<II", 0x44, 144) + bytes(136) + WLAN + P4, "radiotap.wlan.snap.ip.tcp"),
    (163, struct.pack(">II", 0x80211001, 64) + bytes(56) + WLAN + P4, "radiotap.wlan.snap.ip.tcp"),
]


@pytest.mark.parametrize(("link", "frame", "text"), CASES)
def test_each_link_type_reaches_the_packet(link: int, frame: bytes, text: str) -> None:
    table = decode(frame, link=link)
    assert chain(table) == text
    assert ends(table) == (TCP6 if ".ip6" in text else TCP4)
    assert table.payload_of(0) == b"hello"
    assert table.fault[0] == 0


@pytest.mark.parametrize("link", [number for number, (_, step) in _names.LINKS.items() if step == 255])
def test_named_link_types_are_counted_and_left_alone(link: int) -> None:
    decoder = Decoder()
    table = decode(eth(P4), link=link, decoder=decoder)
    assert (table.family[0], table.chain[0], table.ethertype[0], table.fault[0]) == (0, 0, link, 0)
    assert decoder.counts[f"link.{_names.link(link)}"] == 1


def test_unknown_link_type_is_never_taken_for_ethernet() -> None:
    decoder = Decoder()
    table = decode(eth(P4), link=9999, decoder=decoder)
    assert (table.family[0], table.ethertype[0]) == (0, 9999)
    assert decoder.counts["link.linktype-9999"] == 1
    assert decoder.counts["fault.unknown-link-type"] == 1


@pytest.mark.parametrize(("kind", "flags"), [(0, INBOUND), (2, INBOUND), (3, FOREIGN), (4, OUTBOUND)])
def test_cooked_header_tells_the_direction(kind: int, flags: int) -> None:
    table = decode(struct.pack(">HHH8sH", kind, 1, 6, b"", 0x0800) + P4, link=113)
    assert table.flags[0] == flags


def test_netlink_in_a_cooked_capture_is_no_ethertype() -> None:
    table = decode(struct.pack(">HHH8sH", 4, 824, 0, b"", 0x0800) + P4, link=113)
    assert table.family[0] == 0


def test_headers_that_name_each_other_for_ever_end() -> None:
    decoder = Decoder()
    decode(struct.pack("<BBHI", 0, 0, 8, 192) * 100, link=192, decoder=decoder)
    assert decoder.counts["fault.too-deep"] == 1
