"""QUIC's long headers, field by field."""

from __future__ import annotations

from tests.dissection.taking import over_udp, values

IDS = b"\4abcd\2xy"
INITIAL = b"\xc3\0\0\0\1" + IDS + b"\3tok" + b"\x40\x14" + bytes(20)


def test_an_initial_has_its_ids_token_and_length() -> None:
    layer = over_udp(INITIAL + bytes(30), (1, 443))[-1]
    assert layer.words == "initial v1 to 61626364"
    found = values(layer)
    assert found["first byte"] == "0xc3 long header, initial"
    assert (found["source id"], found["token"], found["length"]) == ("7879", "746f6b", "20")
    assert found["padding"] == "30 bytes"


def test_packets_share_a_datagram() -> None:
    handshake = b"\xe0\0\0\0\1" + IDS + b"\x14" + bytes(20)
    layer = over_udp(INITIAL + handshake + b"\x40short", (1, 443))[-1]
    assert [part.value for part in layer.fields if part.name == "packet"] == [
        "initial v1 to 61626364", "handshake v1 to 61626364",
    ]  # fmt: skip
    assert "short header" in layer.fields[-1].name


def test_retry_and_negotiation() -> None:
    assert values(over_udp(b"\xf0\0\0\0\1" + IDS + b"tokentoken" + bytes(16), (443, 1))[-1])["token"] == (
        b"tokentoken".hex()
    )
    layer = over_udp(b"\x80\0\0\0\0" + IDS + b"\0\0\0\1\x6b\x33\x43\xcf", (443, 1))[-1]
    assert [part.value for part in layer.fields if part.name == "supported version"] == [
        "0x00000001 v1", "0x6b3343cf v2",
    ]  # fmt: skip


def test_a_packet_that_is_cut_says_so() -> None:
    layer = over_udp(INITIAL[:-5], (1, 443))[-1]
    assert layer.missing == "packet number and payload, encrypted: 20 bytes wanted, 15 here"
