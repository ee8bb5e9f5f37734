from __future__ import annotations

from pathlib import Path

import pytest

from procwire.processes import cgroups
from procwire.processes.cgroups import MIN_PAUSE_NS, Cgroups


class Clock:
    """Moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1

    def __call__(self) -> int:
        return self.now


def test_groups_have_paths_also_after_they_are_gone(tmp_path: Path) -> None:
    inner = tmp_path / "a.slice" / "b.service"
    inner.mkdir(parents=True)
    (tmp_path / "cgroup.procs").touch()
    number, clock = inner.stat().st_ino, Clock()
    known = Cgroups(str(tmp_path), clock=clock)
    assert known.path(number) == "/a.slice/b.service"
    assert known.path(tmp_path.stat().st_ino) == "/"
    inner.rmdir()
    clock.now += MIN_PAUSE_NS
    assert known.path(1 << 60) == ""
    assert known.path(number) == "/a.slice/b.service"


def test_the_tree_is_not_looked_through_too_often(tmp_path: Path) -> None:
    clock = Clock()
    known = Cgroups(str(tmp_path), clock=clock)
    assert known.path(5) == known.path(6) == ""
    assert known.path(0) == ""
    assert known.looks == 1
    (tmp_path / "new").mkdir()
    number = (tmp_path / "new").stat().st_ino
    assert known.path(number) == ""
    clock.now += MIN_PAUSE_NS
    assert known.path(number) == "/new"
    assert known.looks == 2


def test_what_is_remembered_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "MAX_GROUPS", 3)
    for number in range(9):
        (tmp_path / str(number)).mkdir()
    known = Cgroups(str(tmp_path))
    known.path(1)
    assert len(known._known) == 3


def test_no_tree_is_no_error(tmp_path: Path) -> None:
    assert Cgroups(str(tmp_path / "none")).path(7) == ""
