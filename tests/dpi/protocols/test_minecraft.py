"""Minecraft: status and login of real programs, handshakes, what is none."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import ENOUGH, Claim
from procwire.dpi.protocols import minecraft
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said
from tests.dpi.talking import apps, rows


def number(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 0x7F | 0x80, value >> 7])


def packet(body: bytes) -> bytes:
    return number(len(body)) + body


def handshake(state: int, host: bytes = b"mc.example.com") -> bytes:
    return packet(b"\0\xff\5" + number(len(host)) + host + struct.pack("!HB", 25565, state))


JSON = b'{"version":{"name":"Paper 1.20"},"players":{"online":3}}'
STATUS = packet(b"\0" + bytes([len(JSON)]) + JSON)


def test_a_server_is_asked_for_its_status_and_pinged() -> None:
    assert apps("minecraft/status") == {("minecraft", "content")}  # the client sends a length by itself
    shaken = rows("minecraft/status", "minecraft", message="handshake", side="out", host="10.77.0.2")
    assert [(one["version"], one["next"]) for one in shaken] == [(47, "status")] * 2
    (told,) = rows("minecraft/status", "minecraft", message="status", side="in")  # a ping has no status
    assert (told["server_software"], told["players"]) == ("1.8.8", 0)
    assert told["latency"] > 0


def test_a_player_joins() -> None:
    assert apps("minecraft/login") == {("minecraft", "content")}
    (shaken,) = rows("minecraft/login", "minecraft", message="handshake", next="login")
    (player,) = rows("minecraft/login", "minecraft", message="login")
    assert (shaken["version"], player["player"], player["flow_id"]) == (760, "ann", shaken["flow_id"])


def test_status() -> None:
    asked, answer = said(minecraft, (OUT, handshake(1) + packet(b"\0")), (IN, STATUS))
    assert (asked.host, asked.name, asked.version, asked.next) == (
        "mc.example.com",
        "mc.example.com",
        767,
        "status",
    )
    assert (answer.server_software, answer.players, answer.latency) == ("Paper 1.20", 3, SECOND)


def test_login_ends_the_reading() -> None:
    fed = parser(minecraft)
    seen = list(fed.feed(OUT, handshake(2, b"203.0.113.9\0FML\0") + packet(b"\0\3ann" + bytes(16)), now=1))
    assert (seen[0].host, seen[0].name, seen[0].next, seen[1].player) == ("203.0.113.9", "", "login", "ann")
    assert fed.skip(IN) == ENOUGH


def test_claims() -> None:
    assert asks(minecraft, handshake(1), hinted=False) is Claim.YES
    assert asks(minecraft, handshake(1, b"h" * 200), hinted=False) is Claim.YES
    assert asks(minecraft, handshake(1)[:9]) is Claim.MORE
    for wrong in (handshake(7), handshake(1, b"\1\2\3"), b"\x10\1", b"\2\0", packet(bytes(20))):
        assert asks(minecraft, wrong) is Claim.NO


@pytest.mark.parametrize("wrong", [packet(b"\1abc"), b"\0", b"\xff\xff\xff\xff\xff\xff", packet(bytes(20))])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(minecraft, (OUT, wrong))
    assert refuses(minecraft, (OUT, handshake(1)), (IN, packet(b"\0\2{x")))
