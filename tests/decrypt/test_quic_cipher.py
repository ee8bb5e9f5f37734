"""QUIC packet protection: RFC 9001 appendix A.5, and key updates."""

from __future__ import annotations

import os

import pytest

from procwire.decrypt.quic_cipher import PacketCipher, full_number
from procwire.decrypt.suites import Suite, suite_of
from procwire.decrypt.vault import Vault
from procwire.dpi.wire._quic_names import V2
from tests.decrypt.quic_dialogue import Protector


def suite(number: int) -> Suite:
    found = suite_of(number)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("version", "text"),
    [(1, "4cfe4189655e5cd55c41f69080575d7999c25a5bfb"), (V2, "5558b1c60ae7b6b932bc27d786f4bc2bb20f2162ba")],
)
def test_the_short_header_packets_of_rfc9001_and_rfc9369(version: int, text: str) -> None:
    """Appendix A.5 of both: ChaCha20-Poly1305."""
    secret = bytes.fromhex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b")
    packet = bytes.fromhex(text)
    cipher = PacketCipher(suite(0x1303), secret, Vault(), version)
    cipher.largest = 654360563  # the RFCs send three bytes of 654360564
    opened = cipher.open(packet, 0, 1, len(packet))
    assert opened is not None
    assert (opened.number, opened.frames, opened.first) == (654360564, b"\x01", 0x42)


@pytest.mark.parametrize("number", [0x1301, 0x1302, 0x1303, 0x1304])
@pytest.mark.parametrize("version", [1, 0x6B3343CF])
def test_suites_and_key_updates(number: int, version: int) -> None:
    secret = os.urandom(48 if number == 0x1302 else 32)
    sender = Protector(number, secret, version)
    cipher = PacketCipher(suite(number), secret, Vault(), version)
    old = sender.short(b"\x01" * 30, 1)
    late = sender.short(b"\x01late" + bytes(30), 2)
    sender.update()
    for packet, wanted in ((old, 1), (sender.short(b"\x01" * 30, 3), 3), (late, 2)):
        opened = cipher.open(packet, 0, 9, len(packet))
        assert opened is not None
        assert opened.number == wanted
    assert cipher.phases == 1
    sender.update()
    packet = sender.short(bytes(40), 9)
    assert cipher.open(packet, 0, 9, len(packet)) is not None
    assert (cipher.phases, cipher.largest) == (2, 9)


def test_what_does_not_open_changes_nothing() -> None:
    secret = os.urandom(32)
    sender, cipher = Protector(0x1301, secret, 1), PacketCipher(suite(0x1301), secret, Vault(), 1)
    good = sender.short(bytes(40), 1)
    for at in range(len(good)):
        spoiled = bytearray(good)
        spoiled[at] ^= 0xFF
        if at < 1 or at > 8:
            assert cipher.open(bytes(spoiled), 0, 9, len(good)) is None
    for size in range(9, 28):
        assert cipher.open(good[:size], 0, 9, size) is None
    assert (cipher.largest, cipher.phases) == (-1, 0)
    assert cipher.open(good, 0, 9, len(good)) is not None


@pytest.mark.parametrize(
    ("number", "bits", "largest", "full"),
    [(0x9B32, 16, 0xA82F30EA, 0xA82F9B32), (0, 8, -1, 0), (0, 8, 255, 256), (255, 8, 256, 255)],
)
def test_packet_numbers(number: int, bits: int, largest: int, full: int) -> None:
    """The first is RFC 9000 appendix A.3's example."""
    assert full_number(number, bits, largest) == full
