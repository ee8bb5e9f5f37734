"""MQTT packets, field by field."""

from __future__ import annotations

from tests.dissection.taking import over_tcp, values

CONNECT = b"\x10\x10\0\4MQTT\4\2\0\x3c\0\4desk"
PUBLISH = b"\x32\x0c\0\4room\0\7warm"


def test_a_connect_has_its_fields() -> None:
    layer = over_tcp(CONNECT, (1, 9999))[-1]
    assert (layer.name, layer.words) == ("mqtt", "connect desk")
    found = values(layer)
    assert (found["level"], found["flags"], found["keep alive"]) == ("4 3.1.1", "clean", "60 s")


def test_packets_follow_each_other() -> None:
    layer = over_tcp(PUBLISH + b"\xc0\0", (1, 1883))[-1]
    assert layer.words == "publish room, pingreq"
    assert (values(layer)["id"], values(layer)["message"]) == ("7", "7761726d")


def test_topics_that_are_wished_for_in_both_versions() -> None:
    for properties in (b"", b"\0"):
        body = b"\0\1" + properties + b"\0\4room\1\0\1#\0"
        layer = over_tcp(b"\x82" + bytes((len(body),)) + body, (1, 1883))[-1]
        assert layer.words == "subscribe room,#"


def test_a_packet_that_is_cut_says_so() -> None:
    layer = over_tcp(CONNECT[:-2], (1, 1883))[-1]
    assert layer.missing == "packet: 18 bytes announced, 16 of them here"


def test_a_length_that_never_ends_is_none() -> None:
    assert over_tcp(b"\x30\xff\xff\xff\xff\xff", (1, 1883))[-1].name == "payload"
