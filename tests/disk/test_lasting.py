"""What was written is waited for, and no link is followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from procwire.disk.lasting import settle, write


def test_bytes_are_there_and_were_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: waited.append(os.fstat(fd).st_size))
    path = tmp_path / "file"
    write(path, b"much that was there", mode=0o600)
    write(path, b"less")
    assert (path.read_bytes(), waited) == (b"less", [19, 4])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600  # of a file that is there it stays
    settle(path)
    assert waited[2] == 4


def test_names_of_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda fd: waited.append(stat.S_ISDIR(os.fstat(fd).st_mode)))
    settle(tmp_path)
    assert waited == [True]


def test_nothing_is_written_through_a_link_or_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("kept")
    (tmp_path / "link").symlink_to("target")
    with pytest.raises(OSError, match="symbolic"):
        write(tmp_path / "link", b"x")
    with pytest.raises(FileExistsError):
        write(tmp_path / "target", b"x", new=True)
    assert (tmp_path / "target").read_text() == "kept"


def test_a_directory_may_be_reached_by_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: waited.append(os.fstat(fd).st_ino))
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    settle(tmp_path / "link")
    assert waited == [(tmp_path / "real").stat().st_ino]
