from __future__ import annotations

from pathlib import Path

import pytest

from procwire.bpf import cgroup
from procwire.bpf.libbpf import BpfError

V1 = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"


def mounts(folder: Path, text: str) -> str:
    path = folder / "mountinfo"
    path.write_text(text, encoding="ascii")
    return str(path)


def test_the_tree_is_found_beside_version_1(tmp_path: Path) -> None:
    text = V1 + "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n"
    assert cgroup.root(mounts(tmp_path, text)) == "/sys/fs/cgroup/unified"


def test_a_place_with_blanks_is_unescaped(tmp_path: Path) -> None:
    text = "41 31 0:38 / /my\\040cgroups rw - cgroup2 none rw\n"
    assert cgroup.root(mounts(tmp_path, text)) == "/my cgroups"


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
        cgroup.root(mounts(tmp_path, text))


def test_no_mountinfo_is_an_error_of_the_room(tmp_path: Path) -> None:
    with pytest.raises(BpfError, match="No such file"):
        cgroup.root(str(tmp_path / "none"))
