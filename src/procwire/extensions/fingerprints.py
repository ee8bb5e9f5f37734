"""Names of fingerprints: a list that comes with procwire, and the user's own files in front of it.

Ours (``fingerprints.tsv``) is made by ``tools/fingerprints.py`` from programs that were run, and is read when
the first fingerprint is to be named; a user's are YAML, and are read and checked before anything else. A
fingerprint tells which library made a hello and how it was set up: programs that share one share all names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

OURS = Path(__file__).with_name("fingerprints.tsv")
SYSTEM = "/etc/procwire/fingerprints.yaml"
MAX_FILE_BYTES = 4 << 20
MAX_NODES = 200_000
MAX_NAMES = 16  # of one fingerprint; more are not told apart by it
MAX_NAME = 100
KINDS: Mapping[str, str] = {
    "ja4": r"[tqd](?:13|12|11|10|s3|s2|d1|d2|d3|00)[di]\d{4}[0-9A-Za-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}",
    "ja3": r"[0-9a-f]{32}",
    "hassh": r"[0-9a-f]{32}",
    "hassh_server": r"[0-9a-f]{32}",
}
"""The columns of a flow that can be named, and what their values look like."""

_Known = dict[tuple[str, str], tuple[str, ...]]


class Names:
    """What is known of fingerprints; the user's names stand first."""

    def __init__(self, own: _Known | None = None) -> None:
        self._own = own or {}

    def of(self, kind: str, value: str) -> tuple[str, ...]:
        """The programs that show this fingerprint, as far as is known."""
        return tuple(dict.fromkeys((*self._own.get((kind, value), ()), *_ours().get((kind, value), ()))))

    def asks(self, kind: str) -> bool:
        """Whether the user names any fingerprint of a kind."""
        return any(one == kind for one, _ in self._own)


@cache
def _ours() -> _Known:
    known: _Known = {}
    for line in OURS.read_text(encoding="ascii").splitlines():
        if line[:1] != "#":
            kind, value, name, _ = line.split("\t")
            _add(known, kind, value, name)
    return known


def _add(known: _Known, kind: str, value: str, name: str) -> None:
    had = known.get((kind, value), ())
    if name not in had and len(had) < MAX_NAMES:
        known[kind, value] = (*had, name)


_names = Names()


def names() -> Names:
    """Those that are in use."""
    return _names


def learn(paths: Sequence[str]) -> None:
    """Have the names of these files in front of ours; none named: the usual files, where they exist.

    Raises ExtensionError, and changes nothing then.
    """
    global _names
    _ours()  # which a process in a cell may not be able to read any more
    known: _Known = {}
    for path in paths or usual():
        _read(Path(path), known)
    _names = Names(known)


def usual(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Where a user's names are looked for unless told otherwise; only what exists, and is not another's."""
    home = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME') or '/root'}/.config"
    return [path for path in (f"{home}/procwire/fingerprints.yaml", SYSTEM) if os.path.isfile(path)]  # noqa: PTH113 - false where it may not be asked


def _read(path: Path, known: _Known) -> None:
    from procwire.extensions.document import Document

    document = Document(path, most_bytes=MAX_FILE_BYTES, most_nodes=MAX_NODES)
    entries = document.values
    if entries is None:
        return
    if not isinstance(entries, list):
        raise document.error((), "must be a list, each entry as in '- {ja4: ..., name: ...}'")
    for number, entry in enumerate(entries):
        try:
            _add(known, *_checked(entry))
        except _EntryError as error:
            raise document.error((number, *error.place), str(error)) from None


class _EntryError(Exception):
    """What is wrong with an entry, and at which of its keys."""

    def __init__(self, words: str, *place: str) -> None:
        super().__init__(words)
        self.place = place


def _checked(entry: Any) -> tuple[str, str, str]:
    """(kind, value, name) of an entry."""
    if not isinstance(entry, dict):
        raise _EntryError("an entry must be a mapping, as in {ja4: ..., name: ...}")
    for key in entry:
        if key not in KINDS and key not in ("name", "seen"):
            raise _EntryError(f"{key!r} is not known; there are {', '.join(KINDS)}, name, seen", key)
    kinds = [key for key in entry if key in KINDS]
    if len(kinds) != 1:
        raise _EntryError(f"an entry needs one of {', '.join(KINDS)}")
    kind, value, name = kinds[0], entry[kinds[0]], entry.get("name")
    if not isinstance(value, str) or not re.fullmatch(KINDS[kind], value):
        raise _EntryError(f"{value!r} is no {kind} fingerprint (quote it where it is all digits)", kind)
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise _EntryError(
            f"'name' must be one line of 1 to {MAX_NAME} characters", *("name",) * ("name" in entry)
        )
    return kind, value, name
