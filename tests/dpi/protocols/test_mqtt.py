"""MQTT: packets as sections 2 and 3 of the standard lay them out."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import mqtt
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said


def string(text: bytes) -> bytes:
    return struct.pack("!H", len(text)) + text


def packet(first: int, body: bytes) -> bytes:
    length = b""
    size = len(body)
    while True:
        size, digit = size >> 7, size & 0x7F
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return bytes([first]) + length + body


def connect(level: int = 4, name: bytes = b"MQTT") -> bytes:
    more = b"\0" if level == 5 else b""
    body = string(name) + bytes([level, 0xC6]) + struct.pack("!H", 60) + more + string(b"pump")
    return packet(0x10, body + more + string(b"gone") + string(b"hush") + string(b"ann") + string(b"hush"))


@pytest.mark.parametrize(
    ("level", "name", "version"), [(3, b"MQIsdp", "3.1"), (4, b"MQTT", "3.1.1"), (5, b"MQTT", "5.0")]
)
def test_connect_of_every_version(level: int, name: bytes, version: str) -> None:
    (seen,) = said(mqtt, (OUT, connect(level, name)))
    assert (seen.version, seen.client_id, seen.user, seen.will_topic) == (version, "pump", "ann", "gone")
    assert (seen.credentials, seen.keep_alive, seen.clean) == (True, 60, True)
    assert "hush" not in repr(seen)
    assert asks(mqtt, connect(level, name), hinted=False) is Claim.YES


def test_refusals_of_both_kinds() -> None:
    old = said(mqtt, (OUT, connect()), (IN, packet(0x20, b"\0\5")))[1]
    new = said(mqtt, (OUT, connect(5)), (IN, packet(0x20, b"\0\x87\0")))[1]
    assert (old.accepted, old.reason, old.latency) == (False, "not authorized", SECOND)
    assert (new.accepted, new.reason) == (False, "not authorized")


def test_publish_subscribe_and_what_grants_them() -> None:
    asked = packet(0x82, b"\0\1" + string(b"a/#") + b"\1" + string(b"b") + b"\2") + packet(
        0x3B, string(b"t") + b"\0\2hush"
    )
    seen = said(
        mqtt, (OUT, connect()), (OUT, asked), (IN, packet(0x90, b"\0\1\1\x80") + packet(0x40, b"\0\2"))
    )
    assert (seen[1].message, seen[1].filters, seen[1].qos) == ("subscribe", ("a/#", "b"), 2)
    assert (seen[2].topic, seen[2].qos, seen[2].retain, seen[2].duplicate, seen[2].payload_bytes) == (
        "t",
        1,
        True,
        True,
        4,
    )
    assert (seen[3].message, seen[3].accepted, seen[3].topic) == ("suback", False, "a/#")
    assert (seen[4].message, seen[4].accepted, seen[4].topic, seen[4].latency) == (
        "puback",
        True,
        "t",
        SECOND,
    )
    assert "hush" not in repr(seen)


def test_long_message_is_passed_over() -> None:
    fed = parser(mqtt)
    list(fed.feed(OUT, connect() + packet(0x30, string(b"t") + bytes(100_000))[:5000], now=1))
    assert fed.skip(OUT) == 3 + 1 + 3 + 100_000 - 5000


def test_claims() -> None:
    assert asks(mqtt, connect()[:5]) is Claim.MORE
    for wrong in (
        b"\x10\x0c\0\4MQTX",
        b"\x20\2",
        b"\x10\xff\xff\xff\xff\1",
        packet(0x10, string(b"MQTT") + b"\x09" + bytes(9)),
    ):
        assert asks(mqtt, wrong) is Claim.NO


@pytest.mark.parametrize(
    "wrong", [b"\0\0", b"\x36\2\0\0", b"\x21\2\0\0", b"\x30\xff\xff\xff\xff", packet(0x10, string(b"X"))]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(mqtt, (OUT, connect()), (OUT, wrong))
