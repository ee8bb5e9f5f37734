"""Key log files as they grow, are cut and replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.decrypt.keylog import KeyLog
from procwire.engine.keys import KeyFile, keys_of
from procwire.engine.options import EngineError, ReadOptions


def line(number: int) -> str:
    return f"CLIENT_RANDOM {number:064x} {'ab' * 48}\n"


def test_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("".join(line(number) for number in range(3000)) + line(3000).rstrip())
    keys = KeyLog()
    file = KeyFile(str(path), keys)
    file.read_all()
    assert (len(keys), keys.faulty, keys.complete) == (3001, 0, True)
    assert not any(file._file._buffer)


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_what_cannot_be_read_is_said(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "keys"
    if kind == "folder":
        path.mkdir()
    wanted = {"folder": "Is a directory", "missing": "No such file"}[kind]
    with pytest.raises(EngineError, match=rf"key log .*keys: {wanted}"):
        KeyFile(str(path), KeyLog()).read_all()


def test_a_growing_file(tmp_path: Path) -> None:
    path, keys = tmp_path / "keys", KeyLog()
    file = KeyFile(str(path), keys)
    file.poll()
    assert len(keys) == 0
    path.write_text(line(1) + line(2)[:50])
    file.poll()
    assert len(keys) == 1
    with path.open("a") as more:
        more.write(line(2)[50:])
    file.poll()
    assert len(keys) == 2
    assert not keys.complete


def test_where_secrets_may_be(tmp_path: Path) -> None:
    ng, plain = tmp_path / "a.pcapng", tmp_path / "a.pcap"
    ng.write_bytes(b"\x0a\x0d\x0d\x0a" + bytes(20))
    plain.write_bytes(b"\xd4\xc3\xb2\xa1" + bytes(20))
    keys, fill = keys_of(ReadOptions(paths=(str(plain),)))
    fill()
    assert keys is None
    found, fill = keys_of(ReadOptions(paths=(str(ng),)))
    fill()
    assert found is not None
    assert not found.expected


def test_a_file_is_opened_at_once_and_read_when_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(line(1))
    keys, fill = keys_of(ReadOptions(paths=("-",), keylog=str(path)))
    path.unlink()
    assert keys is not None
    assert len(keys) == 0
    fill()
    assert (len(keys), keys.complete) == (1, False)  # the capture may hold some, too


def test_a_file_that_may_not_be_opened_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineError, match=r"key log .*: Not a directory"):
        keys_of(ReadOptions(paths=("-",), keylog=str(tmp_path / "file" / "keys")))
