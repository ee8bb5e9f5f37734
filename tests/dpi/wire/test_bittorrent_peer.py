"""Peers' names and uTP's header."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.bittorrent_peer import abilities, client, utp

HEAD = bytes.fromhex("4100006400000000000000000000ffff00010000")


@pytest.mark.parametrize(
    ("peer", "name"),
    [
        (b"-TR3000-abcdefghijkl", "Transmission 3000"),
        (b"-XX0001-x", "XX 0001"),
        (b"M7-9-2--x", "M7-9-2--"),
        (b"\0\1", ""),
    ],
)
def test_client(peer: bytes, name: str) -> None:
    assert client(peer) == name


def test_abilities() -> None:
    assert abilities(bytes([0, 0, 0, 0, 0, 0x10, 0, 5])) == ("dht", "fast", "extensions")
    assert abilities(bytes(8)) == ()


def test_utp_and_its_extensions() -> None:
    assert utp(HEAD) == (4, 100, 1, 0, b"")
    assert utp(b"\x21\x01" + HEAD[2:] + b"\x00\x04abcdrest") == (2, 100, 1, 0, b"rest")
    for bad in (
        HEAD[:19],
        b"\x51" + HEAD[1:],
        b"\x42" + HEAD[1:],
        b"\x41\x01" + HEAD[2:],
        b"\x41\x01" + HEAD[2:] + b"\0\0",
    ):
        assert utp(bad) is None
