"""TOML with lines: the standard library reads the values and keeps no lines. Pure.

A line that is not found (a key within an inline table) is that of what it is part of.
"""

from __future__ import annotations

import re
import tomllib

from procwire.shaping.texts.located import MAX_BYTES, FileError, Located, Place

_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(#.*)?")
_KEY = re.compile(
    r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_AT_LINE = re.compile(r"at line (\d+)")


def read(text: str, name: str) -> Located:
    """Raises FileError."""
    if len(text) > MAX_BYTES:
        raise FileError(name, 1, f"larger than {MAX_BYTES} bytes")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else len(text.splitlines())
        raise FileError(name, line, str(error).partition(" (at ")[0]) from None
    except RecursionError:
        raise FileError(name, 1, "values within values are too deep") from None
    return Located(name, values, _lines(text))


def _lines(text: str) -> dict[Place, int]:
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    within = ""  # the quotes of a text of several lines
    for number, line in enumerate(text.splitlines(), 1):
        if within:
            within = "" if line.count(within) % 2 else within
            continue
        if header := _HEADER.fullmatch(line):
            table = _table(_parts(header[2]), counts, new=header[1] == "[[")
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            place = (*table, *_parts(key[1]))
            found.setdefault(place, number)
        for quotes in ('"""', "'''"):
            if line.count(quotes) % 2:
                within = quotes
    return found


def _table(parts: Place, counts: dict[Place, int], *, new: bool) -> Place:
    """The place of a header; parts that are lists stand for their last element."""
    place: Place = ()
    for depth, part in enumerate(parts, 1):
        place = (*place, part)
        last = depth == len(parts)
        if last and new:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def _parts(written: str) -> Place:
    return tuple(part.strip("\"'") for part in _PART.findall(written))
