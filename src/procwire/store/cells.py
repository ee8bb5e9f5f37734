# cython: language_level=3
"""Values as SQLite keeps them, and back: text for text and addresses, JSON for lists, integers for times.

What is not known is NULL, and so is empty text: the two mean the same everywhere in procwire. A value that
SQLite cannot hold (a number of more than 64 bits) is not known either, and counted by who asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from procwire.model.columns import Column, Kind, Table
from procwire.model.values import as_text

LEAST, MOST = -(1 << 63), (1 << 63) - 1  # an INTEGER of SQLite

Cell = str | int | float | None
Encoder = tuple[Callable[[Any], Any], Callable[[Any], Cell] | None]


def _text(value: Any) -> str | None:
    return as_text(value) or None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[str, ...]).decode


def _list(value: Any) -> str | None:
    members = [member if type(member) is str else as_text(member) for member in value]
    return _encode(members).decode() if members else None


_ENCODE: Mapping[Kind, Callable[[Any], Cell]] = {
    Kind.TEXT: _text,
    Kind.ADDRESS: _text,
    Kind.LIST: _list,
}


def _members(value: Any) -> tuple[str, ...]:
    """A list; text that is none was stored while the column was declared as text."""
    try:
        return _decode(value)
    except msgspec.DecodeError:
        return (str(value),)


_DECODE: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.LIST: _members,
    Kind.BOOLEAN: bool,
}


def encoders(table: Table) -> list[Encoder]:
    """For each declared column how it is read from a row, and made a cell."""
    return [(column.get, _ENCODE.get(column.kind)) for column in table]


def cells(row: Any, how: list[Encoder], first: tuple[Cell, ...]) -> list[Any]:
    """A row as the parameters of its insert; ``first``: what stands before its own cells."""
    out: list[Any] = [*first]
    add = out.append
    for get, encode in how:
        value = get(row)
        if type(value) is str:
            add(value or None)
        elif value is None or encode is None:
            add(value)
        else:
            add(encode(value))
    return out


def thinned(rows: list[list[Any]]) -> tuple[tuple[int, ...], list[tuple[Any, ...]]]:
    """The places that hold anything, and the rows with these alone: a flow fills a third of its columns.

    What an insert does not name is NULL; 139 values a row cost SQLite four times what 55 do.
    """
    columns = list(zip(*rows, strict=True))
    count = len(rows)
    places = tuple(place for place, column in enumerate(columns) if column.count(None) < count)
    return places, list(zip(*[columns[place] for place in places], strict=True))


def fitted(row: Any, table: Table, first: tuple[Cell, ...]) -> tuple[list[Any], int]:
    """As ``cells``, for a row that SQLite refused: what does not fit is not known; and how many did not."""
    out: list[Any] = [*first]
    unfit = 0
    for column in table:
        try:
            cell = _fit(column, column.get(row))
        except Exception:
            cell, unfit = None, unfit + 1
        out.append(cell)
    return out, unfit


def _fit(column: Column, value: Any) -> Cell:
    """One cell that its column takes for certain. Raises ValueError or TypeError."""
    if value is None:
        return None
    encode = _ENCODE.get(column.kind)
    if encode is not None:
        text = encode(value)
        return text if text is None else str(text).encode("utf-8", "backslashreplace").decode()
    if column.kind is Kind.NUMBER:
        return float(value)
    number = int(value)
    if not LEAST <= number <= MOST or number != value:
        raise ValueError("not a whole number of 64 bits")
    return number


def reader(kind: Kind, place: int) -> Callable[[Any], Any]:
    """Reads a column of this kind from a row that SQLite gave, as its declaration would from its own rows."""
    decode = _DECODE.get(kind)
    if decode is None:
        return lambda row: row[place]
    return lambda row: None if row[place] is None else decode(row[place])
