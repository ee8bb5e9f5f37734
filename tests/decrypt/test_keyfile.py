"""Key log files as they grow, are cut and replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.decrypt.keyfile import KeyFile, KeyFileError, open_keys
from procwire.decrypt.keylog import KeyLog


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
    with pytest.raises(KeyFileError, match=rf"key log .*keys: {wanted}"):
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


def test_without_a_path_there_is_none(tmp_path: Path) -> None:
    assert open_keys("") == (None, None)
    keys, file = open_keys(str(tmp_path / "later"))
    assert keys is not None
    assert file is not None
    (tmp_path / "later").write_text(line(1))
    file.poll()
    assert len(keys) == 1
