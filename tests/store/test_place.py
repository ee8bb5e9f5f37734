"""Where the store lies, and who may read it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.store.place import FILE, prepare, state_directory, store_file
from procwire.store.reason import StoreError


def test_root_has_the_systems_directory_and_others_their_own() -> None:
    assert state_directory({}, uid=0) == Path("/var/lib/procwire")
    assert state_directory({"XDG_STATE_HOME": "/x", "HOME": "/h"}, uid=1000) == Path("/x/procwire")
    assert state_directory({"HOME": "/h"}, uid=1000) == Path("/h/.local/state/procwire")


def test_a_directory_or_a_file_may_be_named() -> None:
    assert store_file("/a/b") == Path("/a/b", FILE)
    assert store_file("/a/b.db") == Path("/a/b.db")


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        prepare(tmp_path / "state" / "procwire" / FILE)
    finally:
        os.umask(before)
    assert (tmp_path / "state" / "procwire").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / "procwire" / FILE).stat().st_mode & 0o777 == 0o600


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"kept")
    prepare(tmp_path / FILE)
    assert (tmp_path / FILE).read_bytes() == b"kept"


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "link.db").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe.db")
    (tmp_path / "folder.db").mkdir()
    for name in ("link.db", "pipe.db", "folder.db"):
        with pytest.raises(StoreError, match=name):
            prepare(tmp_path / name)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user's file")
def test_root_writes_into_no_file_of_another_user(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    os.chown(tmp_path / FILE, 65534, 65534)
    with pytest.raises(StoreError, match="another user"):
        prepare(tmp_path / FILE)


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        prepare(tmp_path / "file" / "below" / FILE)
