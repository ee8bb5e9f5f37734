"""Connections that gave way to newer ones, found again in their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.decrypt.keyfile import KeyFile
from procwire.decrypt.keylog import CLIENT_TRAFFIC, MASTER, SERVER_TRAFFIC, KeyLog
from procwire.decrypt.older import SPAN_BYTES, Older, lines_of
from procwire.decrypt.reasons import NO_KEY, NOT_KEPT

CONNECTIONS = 40


def random_of(number: int) -> bytes:
    return (0xABCDEF << 8 | number).to_bytes(8, "big") + bytes(24)


def line(number: int, name: str = MASTER, upper: bool = False) -> bytes:
    digits = random_of(number).hex()
    size = 48 if name == MASTER else 32
    return f"{name} {digits.upper() if upper else digits} {number:02x}".encode() + b"5a" * (size - 1) + b"\n"


def read(path: Path, text: bytes, limit: int = 10) -> tuple[KeyLog, KeyFile]:
    path.write_bytes(text)
    keys = KeyLog(limit=limit)
    file = KeyFile(str(path), keys)
    file.read_all()
    return keys, file


def first_bytes(keys: KeyLog, number: int) -> dict[str, int]:
    return {name: secret.view[0] for name, secret in (keys.get(random_of(number)) or {}).items()}


@pytest.mark.parametrize("upper", [False, True])
def test_each_is_found_again_however_old_and_as_often_as_it_gives_way(tmp_path: Path, upper: bool) -> None:
    keys, _ = read(tmp_path / "keys", b"".join(line(number, upper=upper) for number in range(CONNECTIONS)))
    assert (len(keys), keys.lines, keys.evicted, keys.absent) == (10, CONNECTIONS, 0, NO_KEY)
    for number in [*range(CONNECTIONS)] * 2:
        assert not keys.lacks(random_of(number))
        assert first_bytes(keys, number) == {MASTER: number}
    assert (len(keys), keys.lines, keys.evicted, keys.vault.held) == (10, CONNECTIONS, 0, 10)
    assert keys.lacks(random_of(CONNECTIONS))
    assert keys.get(random_of(CONNECTIONS)) is None
    assert not keys.lacks(b"")
    assert keys.troubles() == []


def test_lines_that_stand_apart_are_all_found(tmp_path: Path) -> None:
    text = (
        line(0, CLIENT_TRAFFIC) + b"".join(line(number) for number in range(1, 5)) + line(0, SERVER_TRAFFIC)
    )
    keys, _ = read(tmp_path / "keys", text + b"".join(line(number) for number in range(5, 30)))
    assert first_bytes(keys, 0) == {CLIENT_TRAFFIC: 0, SERVER_TRAFFIC: 0}


def test_a_flow_that_is_over_takes_its_secrets_with_it(tmp_path: Path) -> None:
    keys, _ = read(tmp_path / "keys", b"".join(line(number) for number in range(CONNECTIONS)))
    for number in range(CONNECTIONS):
        keys.get(random_of(number))
        keys.forget(random_of(number))
    assert (keys.vault.held, first_bytes(keys, 0)) == (0, {})
    assert keys.lacks(random_of(0))


def test_a_file_that_was_changed_since_gives_nothing_wrong(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    keys, _ = read(path, b"".join(line(number) for number in range(CONNECTIONS)))
    with path.open("r+b") as file:
        file.write(line(77))
    assert first_bytes(keys, 0) == {}
    assert first_bytes(keys, 1) == {MASTER: 1}
    path.write_bytes(b"")
    assert first_bytes(keys, 2) == {}


def test_what_is_closed_gives_nothing(tmp_path: Path) -> None:
    keys, file = read(tmp_path / "keys", b"".join(line(number) for number in range(CONNECTIONS)))
    file.close()
    assert first_bytes(keys, 0) == {}


def test_secrets_of_a_capture_have_no_place_in_the_file(tmp_path: Path) -> None:
    keys, file = read(tmp_path / "keys", b"".join(line(number) for number in range(10)))
    keys.take_blocks([(0x544C534B, b"".join(line(number) for number in range(10, 30)))])
    assert (keys.evicted, keys.absent) == (10, NOT_KEPT)
    assert first_bytes(keys, 3) == {MASTER: 3}
    assert first_bytes(keys, 12) == {}
    assert file._file.there


def test_places_are_bounded() -> None:
    older = Older(lambda place, most: bytearray(b"x" * most), limit=2)
    assert [older.note(random_of(number), number) for number in range(3)] == [True, True, False]
    assert len(older) == 2
    assert random_of(1) in older
    assert random_of(2) not in older
    assert older.take(random_of(2)) == (-1, bytearray())
    place, text = older.take(random_of(1))
    assert (place, len(text), len(older)) == (1, SPAN_BYTES, 1)


def test_a_line_that_was_cut_is_none() -> None:
    text = bytearray(line(1) * (SPAN_BYTES // len(line(1)) + 1))[:SPAN_BYTES]
    found = list(lines_of(text, random_of(1)))
    assert len(found) == SPAN_BYTES // len(line(1))
    assert list(lines_of(bytearray(line(1)[:-1]), random_of(1))) == [(0, len(line(1)) - 1)]
