"""The layers of a frame and their bytes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from procwire.dissection.frame import READERS, layers_of
from procwire.model.dissected import Layer
from tests.dissection.taking import VECTORS, taken, values
from tests.packet.build import eth, ip4, ip6, tcp, udp

CHANGES = st.tuples(st.integers(0, 1500), st.integers(0, 255))
CAPTURES = sorted(VECTORS.glob("*/*.pcap*"))


@cache
def frames(path: Path) -> list[tuple[bytes, tuple[Layer, ...]]]:
    """Those of one capture, read once."""
    return list(taken(path))


def check(data: bytes, layers: tuple[Layer, ...]) -> None:
    """The law: ranges stay within the frame, parts within their layer, levels have somebody above them."""
    before = 0
    for layer in layers:
        assert 0 <= layer.start <= layer.end <= len(data)
        assert layer.start >= before
        before = layer.end
        level = -1
        for part in layer.fields:
            assert layer.start <= part.start <= part.end <= layer.end
            assert part.level <= level + 1
            assert part.value.isprintable()
            level = part.level


def test_each_layer_has_its_bytes_and_fields() -> None:
    layers = layers_of(eth(ip4(tcp(b"\x00binary"))), "eth.ip.tcp", 54)
    assert [(each.name, each.start, each.end) for each in layers] == [
        ("eth", 0, 14), ("ip", 14, 34), ("tcp", 34, 54), ("payload", 54, 61),
    ]  # fmt: skip
    fields = values(layers[1])
    assert (fields["src"], fields["dst"], fields["ttl"]) == ("10.0.0.1", "10.0.0.2", "64")
    assert "psh,ack" in layers[2].words


def test_what_ethernet_fills_up_with_is_no_payload() -> None:
    layers = layers_of(eth(ip4(tcp())) + bytes(6), "eth.ip.tcp", 54)
    assert [each.name for each in layers] == ["eth", "ip", "tcp", "trailer"]


def test_a_layer_that_is_not_known_reaches_to_the_payload() -> None:
    layers = layers_of(bytes(30), "gtp.ip.tcp", 20)
    assert [(each.name, each.start, each.end) for each in layers] == [
        ("gtp.ip.tcp", 0, 20),
        ("payload", 20, 30),
    ]


def test_what_was_not_captured_is_said() -> None:
    frame = eth(ip4(tcp(bytes(400))))[:100]
    assert layers_of(frame, "eth.ip.tcp", 54)[1].missing == "440 bytes announced, 86 were captured"
    frame = eth(ip6(udp(bytes(400)), 17), 0x86DD)[:80]
    assert layers_of(frame, "eth.ip6.udp", 62)[1].missing == "408 bytes announced, 26 were captured"
    assert layers_of(frame[:40], "eth.ip6.udp", 40)[1].missing == "dst: 16 bytes wanted, 2 here"


def test_a_later_fragment_has_no_transport_header() -> None:
    layers = layers_of(eth(ip4(bytes(16), 17, part=0x2001)), "eth.ip.udp", 34)
    assert [each.name for each in layers] == ["eth", "ip", "payload"]
    assert "earlier packet" in layers[1].missing


def test_extension_headers_stand_between() -> None:
    hop = bytes((17, 0, 5, 2, 0, 0, 1, 0))
    layers = layers_of(eth(ip6(hop + udp(b"x"), 0), 0x86DD), "eth.ip6.udp", 70)
    assert [(each.name, each.start) for each in layers][1:] == [("ip6", 14), ("udp", 62), ("payload", 70)]
    assert values(layers[1])["hop by hop"] == ""


@given(
    st.binary(max_size=120),
    st.lists(st.sampled_from([*READERS, "vlan:3", "gtp", "…"]), max_size=6),
    st.integers(0, 130),
)
@example(b"\0" * 8, ["ip"], 0)
def test_any_bytes_give_ranges_within_them(data: bytes, chain: list[str], payload: int) -> None:
    check(data, layers_of(data, ".".join(chain), min(payload, len(data))))


@pytest.mark.parametrize("kind", ["dns", "tls", "dhcp", "quic", "http", "mqtt", "ssh", "ntp", "icmp", "arp"])
def test_any_change_of_a_real_packet_raises_nothing(kind: str) -> None:
    @given(st.data())
    def changed(draw: st.DataObject) -> None:
        path = draw.draw(st.sampled_from([each for each in CAPTURES if each.parent.name == kind]))
        data, layers = draw.draw(st.sampled_from(frames(path)))
        chain = ".".join(each.name for each in layers if each.name in READERS)
        hurt = bytearray(data[: draw.draw(st.integers(0, len(data)))])
        for at, value in draw.draw(
            st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 255)), max_size=6)
        ):
            if at < len(hurt):
                hurt[at] = value
        check(bytes(hurt), layers_of(bytes(hurt), chain, len(hurt)))

    changed()


def test_every_frame_of_real_programs_is_within_its_bytes() -> None:
    names = set()
    for path in CAPTURES:
        for data, layers in frames(path):
            check(data, layers)
            names |= {each.name for each in layers}
            assert not [part for each in layers for part in each.fields if part.name == "malformed"]
    assert names >= {
        "dns",
        "mdns",
        "tls",
        "http",
        "dhcp",
        "ntp",
        "icmp",
        "arp",
        "quic",
        "mqtt",
        "ssh",
        "smtp",
    }
