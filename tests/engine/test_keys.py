"""Key log files as they grow, are cut and replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.decrypt.keylog import KeyLog
from procwire.engine.keys import KeyFile
from procwire.engine.options import EngineError


def line(number: int) -> str:
    return f"CLIENT_RANDOM {number:064x} {'ab' * 48}\n"


def test_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text("".join(line(number) for number in range(3000)) + line(3000).rstrip())
    keys = KeyLog()
    file = KeyFile(str(path), keys, wanted=True)
    file.read_all()
    assert (len(keys), keys.faulty, keys.complete) == (3001, 0, True)
    assert not any(file._buffer)


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_what_cannot_be_read_is_said(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "keys"
    if kind == "folder":
        path.mkdir()
        file = KeyFile(str(path), KeyLog(), wanted=True)
        with pytest.raises(EngineError, match="directory"):
            file.read_all()
        return
    with pytest.raises(EngineError, match=r"key log .*keys: No such file"):
        KeyFile(str(path), KeyLog(), wanted=True)


def test_a_growing_file(tmp_path: Path) -> None:
    path, keys = tmp_path / "keys", KeyLog()
    file = KeyFile(str(path), keys, wanted=False)
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


def test_a_file_that_is_cut_or_replaced(tmp_path: Path) -> None:
    path, keys = tmp_path / "keys", KeyLog()
    path.write_text(line(1) + line(2))
    file = KeyFile(str(path), keys, wanted=False)
    file.poll()
    path.write_text(line(3))
    file.poll()
    assert len(keys) == 3
    other = tmp_path / "other"
    other.write_text(line(4) + line(5) + line(6))
    other.rename(path)
    file.poll()
    assert len(keys) == 6
    path.unlink()
    file.poll()
    assert len(keys) == 6
