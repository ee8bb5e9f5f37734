"""Protocol modules of installed packages: entry points of the group ``procwire.protocols``.

They are code, and run with procwire's own rights: whoever installs such a package trusts it. One that cannot
be loaded or does not keep to the contract is left out, and never ends the run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

GROUP = "procwire.protocols"


def announced(path: Iterable[str] | None = None) -> bool:
    """Whether any installed package may have such modules: cheap, as most hosts have none."""
    mark = f"[{GROUP}]".encode()
    for directory in sys.path if path is None else path:
        for file in Path(directory or ".").glob("*.*-info/entry_points.txt"):
            try:
                if mark in file.read_bytes():
                    return True
            except OSError:
                continue
    return False


def modules(taken: Mapping[str, str]) -> tuple[list[Any], list[str]]:
    """Those that can be had, and a line for each that is left out."""
    if not announced():
        return [], []
    from importlib.metadata import entry_points

    return chosen(sorted(entry_points(group=GROUP)), taken)


def chosen(points: Iterable[Any], taken: Mapping[str, str]) -> tuple[list[Any], list[str]]:
    """See ``modules``."""
    names, found, left = dict(taken), [], []
    for point in points:
        try:
            module = point.load()
            _check(module, names)
        except (Exception, SystemExit) as error:
            words = " ".join(f"{type(error).__name__}: {error}".split())
            left.append(f"protocol {point.name} ({point.value}) is left out: {words}")
            continue
        names[module.NAME] = point.value
        names.update({kind.TABLE: point.value for kind in module.OBSERVATIONS})
        found.append(module)
    return found, left


def _check(module: Any, taken: Mapping[str, str]) -> None:
    """Raises whatever is wrong with a module that is not ours."""
    from procwire.dpi.registry import Registry, RegistryError

    Registry([module]).tables()
    Registry([module]).protocols()
    for name in (module.NAME, *(kind.TABLE for kind in module.OBSERVATIONS)):
        if not isinstance(name, str) or not name.isidentifier() or name != name.lower():
            raise RegistryError(f"{name!r} is no name in lower case")
        if name in taken:
            raise RegistryError(f"the name {name!r} is taken by {taken[name]}")
    if not callable(module.claims) or not callable(module.Parser):
        raise RegistryError("claims and Parser must be callable")
