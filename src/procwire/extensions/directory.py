"""Descriptions of protocols in directories: ``*.yaml`` and ``*.yml``, in order of their names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from procwire.extensions.reason import ExtensionError

MAX_FILES = 200  # of one directory
SYSTEM = "/etc/procwire/protocols"


def usual(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Where descriptions are looked for unless told otherwise; only what exists."""
    home = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME') or '/root'}/.config"
    places = (f"{home}/procwire/protocols", SYSTEM)
    return [place for place in places if os.path.isdir(place)]  # noqa: PTH112 - false where it may not be asked


def files(directories: Sequence[str]) -> Iterator[Path]:
    """The files of directories. Raises ExtensionError for one that cannot be read, or has too many."""
    for directory in directories:
        try:
            found = sorted(path for path in Path(directory).iterdir() if path.suffix in (".yaml", ".yml"))
        except OSError as error:
            raise ExtensionError(f"{directory}: {error.strerror or error}") from None
        if len(found) > MAX_FILES:
            raise ExtensionError(f"{directory}: more than {MAX_FILES} descriptions")
        yield from found


def modules(paths: Iterable[Path], taken: Mapping[str, str]) -> list[ModuleType]:
    """A module for each file; ``taken``: names that are not to be had, and whose. Raises ExtensionError."""
    from procwire.dpi.user.module import module
    from procwire.dpi.user.schema import SchemaError, described
    from procwire.extensions.document import Document

    names, found = dict(taken), []
    for path in paths:
        document = Document(path)
        try:
            description = described(document.values)
        except SchemaError as error:
            raise document.error(error.path, str(error)) from None
        if description.name in names:
            owner = names[description.name]
            raise document.error(("name",), f"the name {description.name!r} is taken by {owner}")
        names[description.name] = str(path)
        found.append(module(description, source=str(path)))
    return found
