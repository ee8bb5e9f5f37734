"""Headers below the network layer."""

from __future__ import annotations

from procwire.dissection import link
from procwire.dissection.frame import layers_of
from procwire.dissection.outline import outlined
from tests.dissection.taking import values
from tests.packet.build import eth, ip4, tcp


def test_arp_says_who_has_what() -> None:
    body = bytes.fromhex("0001080006040001 020000000001 0a000001 000000000000 0a000002")
    layers = layers_of(eth(body, 0x0806), "eth.arp", 42)
    assert layers[-1].words == "who has 10.0.0.2? tell 10.0.0.1"
    assert values(layers[-1])["operation"] == "1 request"
    answer = outlined("arp", link.arp, body[:7] + b"\2" + body[8:], 0, len(body))
    assert answer.words == "10.0.0.1 is at 02:00:00:00:00:01"
    assert outlined("arp", link.arp, body[:20], 0, 20).missing == "target hardware: 6 bytes wanted, 2 here"


def test_tags_and_tunnels_have_their_numbers() -> None:
    frame = eth(b"\x20\x05\x08\x00" + ip4(tcp()), 0x8100)
    layers = layers_of(frame, "eth.vlan:5.ip.tcp", 58)
    assert [(each.name, each.start) for each in layers] == [
        ("eth", 0),
        ("vlan:5", 14),
        ("ip", 18),
        ("tcp", 38),
    ]
    assert layers[1].words == "id 5  0x0800 ip"
    assert outlined("vxlan", link.vxlan, bytes.fromhex("0800000000002a00"), 0, 8).words == "vni 42"
    gre = outlined("gre", link.gre, bytes.fromhex("20000800 00000007"), 0, 8)
    assert values(gre)["key"] == "0x00000007"
    assert outlined("mpls", link.mpls, bytes.fromhex("00064140"), 0, 4).words == "label 100"
