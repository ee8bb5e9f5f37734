"""Directories of modules, held open: who may not pass the directories above still imports from them.

An interpreter in a home directory (0700) is out of reach for the user that a process becomes. Loading all
that may be needed before costs 17 MB and a third of a second; a descriptor of the directory costs nothing:
``/proc/self/fd/N`` leads there without a look at what is above. It opens no more than Landlock lets through,
so it is not done without that.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from procwire.sandbox import identity
from procwire.sandbox.identity import Identity

_SAMPLES = ("os.py", "__init__.py", "msgspec/__init__.py")  # read as the one we become, where they are there


def hold(who: Identity, trees: Iterable[str]) -> bool:
    """Import from these by descriptor from now on; False, and nothing changed, where he may not even so."""
    places: dict[str, str] = {}
    try:
        for tree in trees:
            places[tree] = f"/proc/self/fd/{os.open(tree, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)}"
    except OSError:
        _let_go(places)
        return False
    if not identity.can_read(who, _read(places.values())):
        _let_go(places)
        return False
    move(places)
    return True


def move(places: Mapping[str, str]) -> None:
    """Have modules looked for there: the search path, and the paths of packages that are loaded."""
    sys.path[:] = [moved(path, places) for path in sys.path]
    for module in list(sys.modules.values()):
        paths = getattr(module, "__dict__", {}).get("__path__")
        if isinstance(paths, list):
            paths[:] = [moved(path, places) for path in paths]


def moved(path: str, places: Mapping[str, str]) -> str:
    """A path beneath one of the directories, beginning at its descriptor; the nearest counts."""
    real = os.path.realpath(path) if path else ""
    for tree in sorted(places, key=len, reverse=True):
        if real == tree or real.startswith(f"{tree}/"):
            return places[tree] + real[len(tree) :]
    return path


def _read(places: Iterable[str]) -> list[str]:
    """What must be readable there."""
    samples = [f"{place}/{name}" for place in places for name in ("", *_SAMPLES)]
    return [path for path in samples if Path(path).exists()]


def _let_go(places: Mapping[str, str]) -> None:
    for place in places.values():
        os.close(int(place.rpartition("/")[2]))
