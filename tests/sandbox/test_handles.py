"""Modules behind a door that the lesser user may not pass, and what he still may not read there."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from procwire.sandbox import confine, handles, identity, profile
from procwire.sandbox import plan as words
from procwire.sandbox.identity import Identity
from tests.sandbox.child import in_child, refused

NOBODY = Identity(65534, 65534, "nobody")
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    """A package, and a module beside it, in a directory that root alone may pass."""
    tree = tmp_path / "closed" / "tree"
    (tree / "held_package").mkdir(parents=True)
    for folder in (tmp_path, tree, tree / "held_package"):
        folder.chmod(0o755)
    for name in ("__init__", "inner"):
        (tree / "held_package" / f"{name}.py").write_text("VALUE = 7\n")
    (tree / "held_module.py").write_text("VALUE = 8\n")
    (tree.parent / "beside").write_text("no module")
    tree.parent.chmod(0o700)
    return tree


def values(tree: Path, *, held: bool) -> list[Any]:
    """What a child may import once it is nobody: a module, and one in a package that was loaded before."""

    def work() -> list[Any]:
        sys.path.insert(0, str(tree))
        importlib.import_module("held_package")
        done = handles.hold(NOBODY, [str(tree)]) if held else False
        identity.become(NOBODY)
        found: list[Any] = [done]
        for name in ("held_module", "held_package.inner"):
            try:
                found.append(importlib.import_module(name).VALUE)
            except (ImportError, OSError):
                found.append(None)
        return [*found, refused((tree.parent / "beside").read_text)]

    return list(in_child(work))


def test_what_is_held_open_is_imported_and_nothing_beside_it_is_read(tree: Path) -> None:
    assert values(tree, held=True) == [True, 8, 7, "EACCES"]
    assert values(tree, held=False)[1:] == [None, None, "EACCES"]


def test_what_he_may_not_read_even_so_is_not_held(tree: Path) -> None:
    (tree / "__init__.py").write_text("")
    (tree / "__init__.py").chmod(0o600)

    def work() -> list[Any]:
        before = len(os.listdir("/proc/self/fd")), list(sys.path)  # noqa: PTH208 - names alone
        answer = handles.hold(NOBODY, [str(tree)])
        after = len(os.listdir("/proc/self/fd")), list(sys.path)  # noqa: PTH208 - names alone
        return [answer, before == after, handles.hold(NOBODY, [str(tree), str(tree / "none")])]

    assert in_child(work) == [False, True, False]


def test_the_nearest_directory_counts(tree: Path) -> None:
    inner = tree / "held_package"
    places = {str(tree): "/a", str(inner): "/b"}
    assert handles.moved(f"{inner}/x", places) == "/b/x"
    assert handles.moved(f"{tree}/held_packages", places) == "/a/held_packages"
    assert [handles.moved(path, places) for path in ("", "/usr/x")] == ["", "/usr/x"]


def test_a_confined_reader_loads_late_and_can_go_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        identity, "can_read", lambda _, paths: all("/proc/self/fd/" in path for path in paths)
    )

    def work() -> list[Any]:
        before = "wave" in sys.modules
        plan = profile.reader(words.BEST_EFFORT, quiet=True)
        confine.confine(plan)
        place = next(path for path in sys.path if path.startswith("/proc/self/fd/"))
        return [
            before, importlib.import_module("wave").__name__,
            refused(lambda: os.listdir(f"{place}/../../../..")), refused(lambda: os.listdir("/")),  # noqa: PTH208
        ]  # fmt: skip

    assert in_child(work) == [False, "wave", "EACCES", "EACCES"]
