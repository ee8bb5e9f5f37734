# cython: language_level=3
"""Rows as lines of JSON: what is known of a row, in the words of its table's declaration.

What is not known is left out: a key that is absent means "not known", never zero or empty. Times are RFC 3339
in UTC with nanoseconds, durations seconds. Each line is safe to print: whatever a terminal could act on is
escaped, and reads back as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from procwire.model.columns import Column, Kind
from procwire.model.values import as_text, seconds, time_text

_UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_LONE = re.compile("[\ud800-\udfff]")


def _finite(value: float) -> float | None:
    return value if value - value == 0 else None


def _texts(value: Iterable[Any]) -> list[str]:
    return [as_text(member) for member in value]


_CONVERT: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TIME: lambda ns: time_text(ns) or None,
    Kind.DURATION: seconds,
    Kind.NUMBER: _finite,
    Kind.LIST: _texts,
    Kind.TEXT: as_text,
}

_EMPTY = (str, list)  # types whose empty values mean "none"
Reader = tuple[str, Any, Any]  # name, getter, conversion or None


def readers(columns: Iterable[Column]) -> list[Reader]:
    """(name, getter, conversion) of each column."""
    return [(column.name, column.get, _CONVERT.get(column.kind)) for column in columns]


def fields(row: Any, how: list[Reader], into: dict[str, Any]) -> dict[str, Any]:
    """Put what is known of ``row`` into a dict, as JSON carries it."""
    for name, get, convert in how:
        value = get(row)
        if value is None:
            continue
        if convert is not None and type(value) is not str:
            value = convert(value)
        if value or type(value) not in _EMPTY:
            into[name] = value
    return into


def safe(line: bytes) -> bytes:
    """A line of JSON with everything a terminal could act on as escapes; the same value when read."""
    if line.isascii() and b"\x7f" not in line:
        return line
    text = line.decode("utf-8", "surrogatepass")
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode("utf-8")


_encode = msgspec.json.Encoder().encode


def line_of(record: dict[str, Any]) -> bytes:
    """Ready fields as one line, with its end."""
    try:
        line = _encode(record)
    except UnicodeEncodeError:
        line = _encode(mended(record))
    return safe(line) + b"\n"


def mended(value: Any) -> Any:
    """Half characters (from file names that are not UTF-8) as escapes: JSON cannot carry them."""
    if isinstance(value, str):
        return _LONE.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", value)
    if isinstance(value, dict):
        return {mended(key): mended(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [mended(member) for member in value]
    return value
