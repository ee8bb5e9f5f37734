"""Key log lines."""

from __future__ import annotations

import os

import pytest

from procwire.decrypt import keylog
from procwire.decrypt.keylog import MASTER, MAX_LINE, KeyLog
from procwire.decrypt.reasons import NO_KEY, NOT_KEPT
from procwire.decrypt.vault import Vault

RANDOM = bytes(range(32))
LINE = f"CLIENT_RANDOM {RANDOM.hex()} {'ab' * 48}\n".encode()


def value(keys: KeyLog, name: str = MASTER, random: bytes = RANDOM) -> bytes:
    found = keys.get(random)
    assert found is not None
    return bytes(found[name].view)


@pytest.mark.parametrize("cut", range(1, len(LINE), 7))
def test_lines_come_in_any_chunks(cut: int) -> None:
    keys = KeyLog()
    keys.feed(LINE[:cut])
    keys.feed(LINE[cut:])
    assert value(keys) == b"\xab" * 48
    assert (keys.lines, keys.faulty, keys.generation) == (1, 0, 1)


def test_every_label_and_length() -> None:
    keys = KeyLog()
    for name in sorted(keylog.LABELS - {MASTER}):
        for size in (32, 48):
            keys.feed(f"{name} {os.urandom(32).hex()} {'0F' * size}\r\n".encode())
    keys.feed(f"QUIC_SERVER_TRAFFIC_SECRET_0 {RANDOM.hex()} {'01' * 32}\n".encode())
    keys.feed(f"EXPORTER_SECRET {RANDOM.hex()} {'01' * 32}\n# a comment\n\n".encode())
    assert (keys.lines, keys.faulty, len(keys)) == (12, 0, 11)
    assert value(keys, keylog.SERVER_TRAFFIC) == b"\x01" * 32


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense", b"CLIENT_RANDOM zz 00", b"CLIENT_RANDOM " + b"00" * 31 + b" " + b"00" * 48,
        b"CLIENT_RANDOM " + b"00" * 32 + b" " + b"0g" * 48,
        b"CLIENT_RANDOM " + b"00" * 32 + b" " + b"00" * 47,
        b"OTHER_LABEL " + b"00" * 32 + b" " + b"00" * 32, b"\xff\xfe " + b"00" * 32 + b" 00", b"x" * 5000,
        b"CLIENT_RANDOM " + b"00" * 32 + b" " + b"00" * 40 + b" " + b"00" * 8,
    ],
)  # fmt: skip
def test_other_lines_are_counted(line: bytes) -> None:
    keys = KeyLog()
    for at in range(0, len(line), MAX_LINE):
        keys.feed(line[at : at + MAX_LINE])
    keys.feed(b"\n" + LINE)
    assert (keys.lines, keys.faulty) == (1, 1)
    assert value(keys) == b"\xab" * 48


def test_the_last_line_may_lack_its_newline() -> None:
    keys = KeyLog()
    keys.feed(LINE.rstrip())
    assert keys.get(RANDOM) is None
    keys.end()
    assert value(keys) == b"\xab" * 48


def test_the_oldest_connections_go_first() -> None:
    keys = KeyLog(limit=2)
    for number in range(3):
        if number == 2:
            assert keys.get(bytes([0]) * 32) is not None  # asked for: not the oldest any more
        keys.feed(f"{MASTER} {bytes([number]).hex() * 32} {'cd' * 48}\n".encode())
        assert keys.absent == (NOT_KEPT if number == 2 else NO_KEY)
    assert (keys.evicted, len(keys), keys.vault.held) == (1, 2, 2)
    assert keys.get(bytes([1]) * 32) is None
    assert keys.troubles() == ["1 connections of the key log gave way to newer ones: 2 are kept"]


def test_a_full_vault_refuses_and_counts() -> None:
    keys = KeyLog(vault=Vault(arenas=0))
    keys.feed(LINE)
    assert (keys.refused, len(keys)) == (1, 0)


def test_nothing_of_a_secret_stays_in_the_buffer() -> None:
    keys = KeyLog()
    chunk = bytearray(LINE + LINE[:-1])
    keys.feed(chunk)
    held = keys.rest
    assert b"abab" in held
    keys.close()
    assert not any(held)
    assert keys.vault.held == 0


def test_a_line_again_takes_the_place_of_the_first() -> None:
    keys = KeyLog()
    keys.feed(LINE + LINE.replace(b"ab", b"cd"))
    assert value(keys) == b"\xcd" * 48
    assert keys.vault.held == 1


def test_blocks_of_a_capture_are_taken_once() -> None:
    keys, tls, wireguard = KeyLog(), keylog.TLS_KEY_LOG, 0x57474B4C
    other = LINE.replace(b"CLIENT_RANDOM 00", b"CLIENT_RANDOM 01").rstrip()
    blocks = [(tls, LINE), (wireguard, b"other"), (tls, other)]
    keys.take_blocks(blocks[:1])
    keys.take_blocks(blocks)
    keys.take_blocks(blocks)
    assert (len(keys), keys.lines, keys.faulty) == (2, 2, 0)


def test_what_is_drained_is_wiped() -> None:
    keys, buffer = KeyLog(), bytearray(LINE)
    assert keys.drain([memoryview(buffer)]) == len(LINE)
    assert value(keys) == b"\xab" * 48
    assert not any(buffer)
