# cython: language_level=3
"""A row's values as JSON and MessagePack carry them: the same wherever they are shown.

Times are RFC 3339 in UTC with nanoseconds, durations seconds, what is not known is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from procwire.model.columns import Column, Kind
from procwire.model.patterns import lazy
from procwire.model.values import SECOND, ValueTextError, as_text, parse_time, seconds, time_text

_LONE = lazy("[\ud800-\udfff]")


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


def cells(row: Any, how: list[Reader]) -> list[Any]:
    """The same values in the order of the columns; None for what is not known."""
    found: list[Any] = []
    for _, get, convert in how:
        value = get(row)
        if value is not None:
            if convert is not None and type(value) is not str:
                value = convert(value)
            if not value and type(value) in _EMPTY:
                value = None
        found.append(value)
    return found


def internal(kind: Kind, value: Any) -> Any:
    """The value that a plain one was made of; None for None, and for what is none of that kind."""
    if value is None:
        return None
    if kind is Kind.TIME:
        try:
            return parse_time(value)
        except (ValueTextError, TypeError, AttributeError):
            return None
    if kind is Kind.DURATION:
        return round(value * SECOND) if isinstance(value, int | float) else None
    return tuple(value) if kind is Kind.LIST and isinstance(value, list) else value


def mended(value: Any) -> Any:
    """Half characters (from file names that are not UTF-8) as escapes: JSON cannot carry them."""
    if isinstance(value, str):
        return _LONE.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", value)
    if isinstance(value, dict):
        return {mended(key): mended(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [mended(member) for member in value]
    return value
