"""What a rule means, as a tree; its SQL; and rows that it should match.

Absent values are unknown in SQL and just no match in Sigma: under a ``not`` a condition counts as false where
it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec

MAX_ROWS = 400  # tried to prove a rule


class Want(msgspec.Struct, frozen=True):
    """A value that would fit a leaf: its column, and what the value starts with, holds, and ends with.

    ``whole``: it is nothing but ``start``.
    """

    column: str
    start: str = ""
    parts: tuple[str, ...] = ()
    end: str = ""
    whole: bool = False
    number: int | None = None
    listed: bool = False


class Leaf(msgspec.Struct, frozen=True):
    """A condition in SQL, and values that fit it, where that can be said."""

    sql: str
    wants: tuple[Want, ...] = ()


class All(msgspec.Struct, frozen=True):
    """Each of them."""

    items: tuple[Node, ...]


class Any(msgspec.Struct, frozen=True):
    """At least one of them."""

    items: tuple[Node, ...]


class Not(msgspec.Struct, frozen=True):
    """Its opposite."""

    item: Node


Node = Leaf | All | Any | Not
Row = dict[str, object]


def sql_of(node: Node) -> str:
    """The condition; groups are halved, so that no list of values makes it deep."""
    match node:
        case Leaf():
            return node.sql
        case Not():
            return f"NOT coalesce({sql_of(node.item)}, 0)"
        case All():
            return _halved([sql_of(item) for item in node.items], "AND")
        case _:
            return _halved([sql_of(item) for item in node.items], "OR")


def _halved(parts: Sequence[str], word: str) -> str:
    if len(parts) == 1:
        return parts[0]
    if len(parts) <= 4:
        return "(" + f" {word} ".join(parts) + ")"
    half = len(parts) // 2
    return f"({_halved(parts[:half], word)} {word} {_halved(parts[half:], word)})"


def rows_of(node: Node, sample: Mapping[str, str | int]) -> Iterator[Row]:
    """Rows that might match, made of the sample and of what leaves want."""
    for wants in islice(_ways(node), MAX_ROWS):
        row = _row(wants, sample)
        if row is not None:
            yield row


def _ways(node: Node) -> Iterator[tuple[Want, ...]]:
    match node:
        case Leaf():
            yield from ((want,) for want in node.wants)
            if not node.wants:
                yield ()
        case Not():
            yield ()
        case Any():
            for item in node.items:
                yield from _ways(item)
        case All():
            yield from _together(node.items)


def _together(items: Sequence[Node]) -> Iterator[tuple[Want, ...]]:
    if not items:
        yield ()
        return
    for first in islice(_ways(items[0]), 20):
        for rest in _together(items[1:]):
            yield (*first, *rest)


def _row(wants: Sequence[Want], sample: Mapping[str, str | int]) -> Row | None:
    row: Row = dict(sample)
    by: dict[str, list[Want]] = {}
    for want in wants:
        by.setdefault(want.column, []).append(want)
    for column, wanted in by.items():
        value = _value(wanted)
        if value is None:
            return None
        row[column] = [value] if wanted[0].listed else value
    return row


def _value(wants: Sequence[Want]) -> str | int | None:
    """A value that fits all of them, where there is a simple one."""
    numbers = {want.number for want in wants if want.number is not None}
    if numbers:
        return numbers.pop() if len(numbers) == 1 else None
    for want in wants:
        if want.whole:
            return want.start
    start = max((want.start for want in wants), key=len)
    end = max((want.end for want in wants), key=len)
    parts = [part for want in wants for part in want.parts]
    middle = " ".join(dict.fromkeys(part for part in parts if part not in start and part not in end))
    return f"{start}{middle}{end}" or "any"
