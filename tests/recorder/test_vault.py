"""Incidents lie where only their writer comes, and together take no more than they may."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.recorder.reason import RecorderError
from procwire.recorder.vault import Vault, place
from procwire.sandbox.identity import Identity


def test_files_are_made_beside_a_descriptor_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "incidents"
    vault = Vault(path, quota_bytes=100)
    assert path.stat().st_mode & 0o777 == 0o700
    vault.make("one")
    file = vault.create("one/packets")
    assert file.add(bytes(60))
    assert not file.add(bytes(60))
    assert file.add(bytes(40))
    assert (file.bytes, vault.used_bytes) == (100, 100)
    vault.replace("one/head", b"first")
    vault.replace("one/head", b"then")
    assert (path / "one" / "head").read_bytes() == b"then"
    assert sorted(each.name for each in (path / "one").iterdir()) == ["head", "packets"]
    file.close()
    file.close()
    vault.close()
    assert Vault(path, quota_bytes=1000).used_bytes == 104


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "v", quota_bytes=100)
    vault.make("one")
    (tmp_path / "v" / "one" / "x").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="exists"):
        vault.create("one/x")


def test_a_directory_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(RecorderError, match="others may write"):
        Vault(tmp_path / "open", quota_bytes=1)
    (tmp_path / "file").write_text("")
    with pytest.raises(RecorderError):
        Vault(tmp_path / "file", quota_bytes=1)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives away")
def test_it_is_given_to_who_will_write(tmp_path: Path) -> None:
    nobody = Identity(65534, 65534, "nobody")
    Vault(tmp_path / "v", quota_bytes=1, owner=nobody)
    assert (tmp_path / "v").stat().st_uid == 65534
    Vault(tmp_path / "v", quota_bytes=1, owner=nobody)
    with pytest.raises(RecorderError, match="another user"):
        Vault(tmp_path / "v", quota_bytes=1, owner=Identity(12345, 12345, "x"))


def test_where_they_lie_by_default() -> None:
    assert place("x") == Path("x")
    assert place().name == "incidents"
