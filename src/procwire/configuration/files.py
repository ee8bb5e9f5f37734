"""A TOML file as values of keys, each with its line; every fault of the file is found at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from procwire.configuration.checking import UnfitError, checked
from procwire.configuration.keys import BY_NAME, SECTIONS, Key
from procwire.model.filter.fault import nearest
from procwire.model.patterns import lazy
from procwire.model.values import clean

MAX_FILE_BYTES = 1 << 20
_TABLE = lazy(r"\s*\[\s*([A-Za-z0-9_.\"' -]+?)\s*\]\s*(?:#.*)?$")
_ARRAY = lazy(r"\s*\[\[\s*([A-Za-z0-9_.\"' -]+?)\s*\]\]\s*(?:#.*)?$")
_KEY = lazy(r"\s*([A-Za-z0-9_\"'-]+(?:\s*\.\s*[A-Za-z0-9_\"'-]+)*)\s*=")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A key's value, as the program uses it, as it was written, and where."""

    value: Any
    written: Any
    origin: str


def read_file(path: Path) -> tuple[dict[str, Setting], list[str]]:
    """The settings by key, and a line for each fault (``file:line: what``)."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        return {}, [f"{path}:1: {error.strerror or error}"]
    if len(data) > MAX_FILE_BYTES:
        return {}, [f"{path}:1: larger than {MAX_FILE_BYTES} bytes"]
    import tomllib  # most runs have no file to read

    try:
        text = data.decode("utf-8")
        document = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return {}, [f"{path}:{data[: error.start].count(10) + 1}: not UTF-8"]
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return {}, [_not_toml(path, error)]
    return _settings(path, document, _lines(text))


def _settings(path: Path, document: Any, lines: dict[str, int]) -> tuple[dict[str, Setting], list[str]]:
    found: dict[str, Setting] = {}
    faults: list[str] = []
    for name, value in _flat(document):
        line = _line(lines, name)
        key = BY_NAME.get(name)
        if key is None:
            faults.append(f"{path}:{line}: {_unknown(name)}")
            continue
        try:
            written = value if key.told is None else key.told(value)
            found[name] = Setting(value=checked(key, value), written=written, origin=f"{path}:{line}")
        except UnfitError as error:
            at = _line(lines, error.place) if error.place else line
            faults.append(f"{path}:{at}: {clean(str(error))}")
    return found, faults


def _flat(document: Any) -> Iterator[tuple[str, Any]]:
    """Dotted names and their values; what is no table of a section is a name too, and an unknown one."""
    for section, words in document.items():
        if not isinstance(words, dict):
            yield section, words
            continue
        for word, value in words.items():
            name = f"{section}.{word}"
            if isinstance(value, dict) and not _is_table(BY_NAME.get(name)):
                yield from ((f"{name}.{more}", inner) for more, inner in value.items())
            else:
                yield name, value


def _is_table(key: Key | None) -> bool:
    return key is not None and key.spans


def _unknown(name: str) -> str:
    section, _, word = name.partition(".")
    if not word or section not in SECTIONS:
        hint = nearest(section, SECTIONS) or f"there are {', '.join(SECTIONS)}"
        what = f"there is no section {clean(section)}" if word else f"{clean(name)} stands in no section"
        return f"{what}: {hint}"
    words = {key.partition(".")[2]: key for key in BY_NAME if key.startswith(f"{section}.")}
    hint = nearest(word, words) or f"there are {', '.join(words)}"
    return f"there is no key {clean(name)}: {hint}"


def _lines(text: str) -> dict[str, int]:
    """In which line each dotted name is set, by the shape of the lines."""
    found: dict[str, int] = {}
    table = ""
    counts: dict[str, int] = {}  # of tables in an array
    for number, line in enumerate(text.splitlines(), 1):
        if one_of := _ARRAY.match(line):
            name = _dotted(one_of[1])
            table = f"{name}.{counts.get(name, 0)}"
            counts[name] = counts.get(name, 0) + 1
            found.setdefault(name, number)
            found.setdefault(table, number)
        elif header := _TABLE.match(line):
            table = _dotted(header[1])
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault(f"{table}.{_dotted(key[1])}".lstrip("."), number)
    return found


def _dotted(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))


def _line(lines: dict[str, int], name: str) -> int:
    """The line of a name, or of the nearest one around it."""
    while name not in lines and "." in name:
        name = name.rpartition(".")[0]
    return lines.get(name, 1)


def _not_toml(path: Path, error: Exception) -> str:
    words = str(error)
    line = re.search(r"\(at line (\d+)", words)
    return f"{path}:{line[1] if line else 1}: not TOML: {clean(words.partition(' (at ')[0])}"
