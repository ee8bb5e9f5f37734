"""Modules are imported by somebody who may not enter the directory that they lie beneath."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from procwire.sandbox import held
from tests.cli.program import environment

IMPORTING = """
import os, sys
from procwire.sandbox import held, identity

who = identity.lesser()
tree, link = sys.argv[1:3]
sys.path.append(link)
assert not identity.can_read(who, [tree])
import room.early
assert held.hold([tree, f"{tree}/room"], who) is True
identity.become(who)
try:
    os.listdir(tree)
except PermissionError:
    import room.late, alone
    print(room.late.SAID, alone.SAID, room.early.SAID)
"""

REFUSING = """
import os, sys
from procwire.sandbox import held, identity, landlock

tree, who, before = sys.argv[1], identity.lesser(), len(os.listdir("/proc/self/fd"))
os.chmod(tree, 0o700)
found = [held.hold([tree], who), held.hold([f"{tree}/missing"], who)]
os.chmod(tree, 0o755)
landlock.abi = lambda: 0
found.append(held.hold([tree], who))
print(found, len(os.listdir("/proc/self/fd")) == before)
"""


def imported(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: who asks as another user is no longer the same for the kernel."""
    return subprocess.run(
        [sys.executable, "-c", script, *words], env=environment(), capture_output=True, text=True, check=False
    )


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A tree of modules that everyone may read, behind a directory that only root may enter."""
    tree = tmp_path / "locked" / "tree"
    (tree / "room").mkdir(parents=True)
    for name in ("room/__init__", "room/early", "room/late", "alone"):
        (tree / f"{name}.py").write_text(f"SAID = {name!r}\n", encoding="utf-8")
    tree.chmod(0o755)
    tree.parent.chmod(0o700)
    return tree


def test_what_is_behind_a_locked_door_is_imported_late(locked: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(locked)
    done = imported(IMPORTING, str(locked), str(link))
    assert (done.stdout, done.stderr) == ("room/late alone room/early\n", "")


def test_files_that_only_root_may_read_are_not_held(locked: Path) -> None:
    done = imported(REFUSING, str(locked))
    assert (done.stdout, done.stderr) == ("[False, False, False] True\n", "")


def test_only_what_lies_in_a_tree_is_found_elsewhere(tmp_path: Path) -> None:
    finder = held._Finder({"/tree": "/proc/self/fd/9"}, [])
    assert finder.moved("/tree/room") == "/proc/self/fd/9/room"
    assert finder.moved("/tree") == "/proc/self/fd/9"
    assert finder.moved("/trees") == ""
    with pytest.raises(ImportError, match="no tree"):
        finder(str(tmp_path))
