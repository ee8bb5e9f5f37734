"""Files that grow, are cut and replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.capture.growing import CHUNK_BYTES, GrowingFile


def taken(file: GrowingFile, most: int = 1 << 22) -> bytes:
    return b"".join(bytes(chunk) for chunk in file.take(most))


def test_a_file_that_grows(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = GrowingFile(str(path))
    assert taken(file) == b""
    assert not file.there
    path.write_bytes(b"one")
    assert taken(file) == b"one"
    with path.open("ab") as more:
        more.write(b"two")
    assert (taken(file), taken(file), file.there) == (b"two", b"", True)


def test_cut_replaced_and_gone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first")
    file = GrowingFile(str(path))
    assert taken(file) == b"first"
    path.write_bytes(b"cut")
    assert taken(file) == b"cut"
    other = tmp_path / "other"
    other.write_bytes(b"another of some length")
    other.rename(path)
    assert taken(file) == b"another of some length"
    path.unlink()
    assert taken(file) == b""
    file.close()
    file.close()


def test_a_look_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * 5 * CHUNK_BYTES)
    file = GrowingFile(str(path))
    assert len(taken(file, CHUNK_BYTES)) == CHUNK_BYTES
    assert len(taken(file)) == 4 * CHUNK_BYTES


def test_what_is_no_file_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        taken(GrowingFile(str(tmp_path)))


def test_what_is_open_is_read_on_where_its_name_may_not_be_looked_up_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_text("told")
    file = GrowingFile(str(path))
    file.open()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.stat", refuse)
    assert b"".join(bytes(chunk) for chunk in file.take()) == b"told"
    with pytest.raises(PermissionError):
        GrowingFile(str(path)).open()


def test_another_process_opens_it_where_this_one_may_not(tmp_path: Path) -> None:
    path = tmp_path / "log"
    asked = []

    def opener() -> int:
        asked.append(path)
        return os.open(path, os.O_RDONLY) if path.exists() else -1

    file = GrowingFile("/nowhere/that/can/be/looked/at")
    file.open_by(opener)
    assert list(file.take()) == []
    path.write_bytes(b"one")
    assert [bytes(chunk) for chunk in file.take()] == [b"one"]
    assert (list(file.take()), len(asked)) == ([], 2)  # it is asked for no more while it is the same file
    path.unlink()
    path.write_bytes(b"another")
    assert [bytes(chunk) for chunk in file.take()] == [b"another"]
    file.close()


def test_what_was_read_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one two three")
    file = GrowingFile(str(path))
    assert not file.stays
    assert file.again(0, 3) == b""
    file.open()
    assert b"".join(bytes(chunk) for chunk in file.take()) == b"one two three"
    assert file.stays
    assert [bytes(file.again(*where)) for where in ((4, 3), (8, 99), (50, 9))] == [b"two", b"three", b""]
    file.close()
    assert file.again(0, 3) == b""


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    file = GrowingFile(str(tmp_path / "pipe"))
    file.open()
    assert (file.there, file.stays) == (True, False)
    file.close()
