"""Directories of modules, kept open: what is imported late is found in them where their path is closed to us.

An interpreter in a home directory (pyenv, a virtual environment of root's) has files that everyone may read
behind a directory that only its owner may enter. Who becomes another user then finds no module any more. A
descriptor of the directory below leads there all the same: to follow ``/proc/self/fd/N`` asks for no right
on the way, and each process may do so with its own descriptors (proc_pid_fd(5)). The alternative is to
import first whatever may be needed (``python_tree.late``), which costs a watch 20 MB.

An open directory leads upwards, too. So it is done only where Landlock stands, whose rules speak of files
and not of the way that led to them.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from procwire.sandbox import identity, landlock
from procwire.sandbox.identity import Identity
from procwire.sandbox.python_tree import PACKAGE

_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def hold(trees: Iterable[str], who: Identity) -> bool:
    """Keep the trees open for imports; False where that would not do for ``who``. Only root may ask."""
    if not landlock.abi():
        return False
    opened: dict[str, str] = {}
    try:
        for tree in _outermost(trees):
            opened[tree] = f"/proc/self/fd/{os.open(tree, _FLAGS)}"
    except OSError:
        return _give_back(opened)
    if not identity.can_read(who, opened.values()):
        return _give_back(opened)
    finder = _Finder(opened, (*sys.path, str(PACKAGE), *sys.modules["procwire"].__path__))
    sys.path_hooks.insert(0, finder)
    for path in list(sys.path_importer_cache):
        if finder.moved(path):
            del sys.path_importer_cache[path]
    return True


class _Finder:
    """A path hook (PEP 302): finders for directories beneath the trees, by way of their descriptors."""

    def __init__(self, opened: dict[str, str], named: Iterable[str]) -> None:
        self._opened = dict(opened)
        self._usual = list(sys.path_hooks)
        for name in filter(None, named):  # by whatever links they are known
            if moved := self.moved(str(Path(name).resolve())):
                self._opened.setdefault(name, moved)

    def __call__(self, path: str) -> Any:
        moved = self.moved(path)
        if not moved:
            raise ImportError(f"{path} lies in no tree that is held")
        for hook in self._usual:
            with contextlib.suppress(ImportError):
                return hook(moved)
        raise ImportError(moved)

    def moved(self, path: str) -> str:
        """The same directory by way of a descriptor; empty where it lies in no tree."""
        for tree, held in self._opened.items():
            if path == tree or path.startswith(f"{tree}/"):
                return held + path[len(tree) :]
        return ""


def _outermost(trees: Iterable[str]) -> list[str]:
    known = sorted({str(Path(tree).resolve()) for tree in trees})
    return [tree for tree in known if not any(tree.startswith(f"{other}/") for other in known)]


def _give_back(opened: dict[str, str]) -> bool:
    for held in opened.values():
        os.close(int(held.rpartition("/")[2]))
    return False
