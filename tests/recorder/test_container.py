"""Bundles as directories and archives are read the same; what an archive claims is not believed."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from procwire.recorder import container as room
from procwire.recorder.container import Container, pack, settle
from procwire.recorder.reason import RecorderError
from tests.capture import crafted


@pytest.fixture
def place(tmp_path: Path) -> Path:
    made = tmp_path / "case"
    (made / "parquet").mkdir(parents=True)
    (made / "a.txt").write_bytes(b"one")
    (made / "parquet" / "b.txt").write_bytes(b"two")
    return made


def test_both_forms_hold_the_same(place: Path, tmp_path: Path) -> None:
    pack(place, tmp_path / "case.tar.zst")
    assert (tmp_path / "case.tar.zst").stat().st_mode & 0o777 == 0o600
    with Container(place) as one, Container(tmp_path / "case.tar.zst") as other:
        assert one.names() == other.names() == ["a.txt", "parquet/b.txt"]
        for name in one.names():
            assert one.read(name) == other.read(name)
        copy = other.real("a.txt")
        assert not isinstance(copy, Path)
        assert copy.read() == b"one"
        copy.close()
        assert one.real("a.txt") == place / "a.txt"


def test_what_is_not_there_or_too_large(place: Path, tmp_path: Path) -> None:
    with Container(place) as found:
        with pytest.raises(RecorderError, match="nowhere"):
            found.read("nowhere")
        with pytest.raises(RecorderError, match="larger"):
            found.read("a.txt", 2)
        (place / "link").symlink_to("/etc/passwd")
        assert "link" not in found.names()
        with pytest.raises(RecorderError):
            found.read("link")
    (tmp_path / "junk.tar.zst").write_bytes(b"junk")
    with pytest.raises(RecorderError, match=r"junk\.tar\.zst: is no bundle: neither"):
        Container(tmp_path / "junk.tar.zst")
    (tmp_path / "cut.tar.zst").write_bytes(room.ZSTANDARD + b"junk")
    with pytest.raises(RecorderError, match=r"cut\.tar\.zst: "):
        Container(tmp_path / "cut.tar.zst")
    with pytest.raises(RecorderError):
        Container(tmp_path / "gone.tar.zst")


@pytest.mark.parametrize("data", [crafted.pcap(1), crafted.pcapng(1)])
def test_a_capture_is_said_to_be_one(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_bytes(data)
    with pytest.raises(RecorderError, match="is a capture, and no bundle"):
        Container(tmp_path / "x.pcap")


def test_a_part_that_is_to_be_skipped_may_come_first(place: Path, tmp_path: Path) -> None:
    pack(place, tmp_path / "case.tar.zst")
    packed = (tmp_path / "case.tar.zst").read_bytes()
    (tmp_path / "other.tar.zst").write_bytes(
        b"\x50" + room.SKIPPED + (4).to_bytes(4, "little") + b"junk" + packed
    )
    with Container(tmp_path / "other.tar.zst") as found:
        assert found.read("a.txt") == b"one"


def test_members_that_would_lead_away_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.tar.zst"
    with room._zstd().open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as archive:
        for name in ("case/../../etc/x", "case/ok", "/abs"):
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
        link = tarfile.TarInfo("case/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with Container(path) as found:
        assert "ok" in found.names()
        assert not [name for name in found.names() if ".." in name.split("/") or name == "link"]
    monkeypatch.setattr(room, "MAX_UNPACKED_BYTES", 100)
    with pytest.raises(RecorderError, match="more than"):
        Container(path)


def test_all_is_on_the_disk_before_it_has_its_name(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real, output = os.fsync, tmp_path / "out"

    def fsync(fd: int) -> None:
        steps.append(str(Path(f"/proc/self/fd/{fd}").readlink()) + (" named" if output.exists() else ""))
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    settle(place, output)
    assert sorted(steps[:3]) == sorted(str(place / name) for name in ("a.txt", "parquet", "parquet/b.txt"))
    assert steps[3:] == [str(place), f"{tmp_path} named"]
    assert (output / "a.txt").read_bytes() == b"one"
