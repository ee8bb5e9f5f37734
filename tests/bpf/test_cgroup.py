from __future__ import annotations

import errno
from pathlib import Path

import pytest

from procwire.bpf import cgroup
from procwire.bpf.libbpf import BpfError
from tests.lab import why_not

V1 = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"


def mounts(folder: Path, text: str) -> str:
    path = folder / "mountinfo"
    path.write_text(text, encoding="ascii")
    return str(path)


def test_the_tree_is_found_beside_version_1(tmp_path: Path) -> None:
    text = V1 + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n"
    assert cgroup.mounted(mounts(tmp_path, text)) == "/sys/fs/cgroup/unified"


def test_a_place_with_blanks_is_unescaped(tmp_path: Path) -> None:
    text = "41 31 0:38 / /my\\040cgroups rw - cgroup2 none rw\n"
    assert cgroup.mounted(mounts(tmp_path, text)) == "/my cgroups"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (V1, "no cgroup v2 tree is mounted"),
        ("41 31 0:38 /a /cg rw - cgroup2 none rw\n", "only a part of the cgroup v2 tree is mounted, at /cg"),
        ("", "no cgroup v2 tree is mounted"),
        ("\0 - cgroup2\n - \n", "no cgroup v2 tree is mounted"),
    ],
)
def test_it_says_why_there_is_none(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BpfError, match=words):
        cgroup.mounted(mounts(tmp_path, text))


def test_no_mountinfo_is_an_error_of_the_room(tmp_path: Path) -> None:
    with pytest.raises(BpfError, match="No such file"):
        cgroup.mounted(str(tmp_path / "none"))


def nowhere(*_: object) -> str:
    raise BpfError(errno.ENOENT, "no cgroup v2 tree is mounted")


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_tree_without_a_place_is_mounted_for_us_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    there = cgroup.mounted()
    monkeypatch.setattr(cgroup, "mounted", nowhere)
    monkeypatch.setattr(cgroup, "_shut_in", [])
    try:
        path = cgroup.root()
        assert path == cgroup.root()
        assert Path(path).stat().st_ino == Path(there).stat().st_ino
        assert (Path(path) / "cgroup.procs").exists()
        with pytest.raises(OSError, match="Read-only"):
            (Path(path) / "procwire-none").mkdir()
    finally:
        cgroup.let_go()
    assert not Path(path).joinpath("cgroup.procs").exists()
    cgroup.let_go()
    with pytest.raises(BpfError, match=r"no cgroup v2 tree is mounted$"):
        cgroup.root()  # not once more: a process in its cell would be ended for it


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_who_is_about_to_be_shut_in_mounts_it_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "mounted", nowhere)
    monkeypatch.setattr(cgroup, "_shut_in", [])
    try:
        cgroup.prepare()
        assert (Path(cgroup.root()) / "cgroup.procs").exists()
    finally:
        cgroup.let_go()


def test_a_tree_that_may_not_be_mounted_is_told_with_both_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise OSError(errno.EPERM, "no")

    monkeypatch.setattr(cgroup, "_shut_in", [])
    monkeypatch.setattr(cgroup, "mounted", nowhere)
    monkeypatch.setattr(cgroup, "_mount", refused)
    with pytest.raises(BpfError, match="is mounted, and to mount one is refused: Operation not permitted"):
        cgroup.root()
