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
    against: tuple[Want, ...] = ()  # it does not hold of these


class Unseen(msgspec.Struct, frozen=True):
    """A condition on what no row here has; ``kind``: the same for all that fail for one reason."""

    why: str
    kind: str


class All(msgspec.Struct, frozen=True):
    """Each of them."""

    items: tuple[Node, ...]


class Any(msgspec.Struct, frozen=True):
    """At least one of them."""

    items: tuple[Node, ...]


class Not(msgspec.Struct, frozen=True):
    """Its opposite."""

    item: Node


Node = Leaf | Unseen | All | Any | Not
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
        case Any():
            return _halved([sql_of(item) for item in node.items], "OR")
        case _:
            raise ValueError("what cannot be seen has no SQL")  # seen() leaves none of it


def _halved(parts: Sequence[str], word: str) -> str:
    if len(parts) == 1:
        return parts[0]
    if len(parts) <= 4:
        return "(" + f" {word} ".join(parts) + ")"
    half = len(parts) // 2
    return f"({_halved(parts[:half], word)} {word} {_halved(parts[half:], word)})"


def seen(node: Node) -> tuple[Node, tuple[Unseen, ...]]:
    """What of it can be asked of rows, and the alternatives that were left out for that.

    One of several that would do may go: less is found. Nothing else may: without a condition that is needed,
    or an exception, more would be found than was meant. Unseen where nothing is left.
    """
    match node:
        case Leaf() | Unseen():
            return node, ()
        case Not():
            inner, lost = seen(node.item)
            blind = lost[0] if lost else inner
            return (blind, ()) if isinstance(blind, Unseen) else (Not(inner), ())
        case All():
            items, lost = _each(node.items)
            unseen = next((item for item in items if isinstance(item, Unseen)), None)
            return (All(items), lost) if unseen is None else (unseen, ())
        case Any():
            items, lost = _each(node.items)
            kept = tuple(item for item in items if not isinstance(item, Unseen))
            gone = tuple(item for item in items if isinstance(item, Unseen))
            return (Any(kept), (*lost, *gone)) if kept else (gone[0], ())


def _each(items: Sequence[Node]) -> tuple[tuple[Node, ...], tuple[Unseen, ...]]:
    found = [seen(item) for item in items]
    return tuple(node for node, _ in found), tuple(one for _, lost in found for one in lost)


def rows_of(node: Node, sample: Mapping[str, str | int]) -> Iterator[Row]:
    """Rows that might match, made of the sample and of what leaves want."""
    for wants in islice(_ways(node), MAX_ROWS):
        yield from _rows(wants, sample)


def _ways(node: Node) -> Iterator[tuple[Want, ...]]:
    match node:
        case Leaf():
            yield from ((want,) for want in node.wants)
            if not node.wants:
                yield ()
        case Not(item):
            if isinstance(item, Leaf):
                yield from ((want,) for want in item.against)
            yield ()
        case Unseen():
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


def _rows(wants: Sequence[Want], sample: Mapping[str, str | int]) -> Iterator[Row]:
    """A row of these values; several where numbers differ that one column might have."""
    by: dict[str, list[Want]] = {}
    for want in wants:
        by.setdefault(want.column, []).append(want)
    columns = {column: _values(wanted) for column, wanted in by.items()}
    for number in range(max(map(len, columns.values()), default=1)):
        row: Row = dict(sample)
        for column, found in columns.items():
            value = found[min(number, len(found) - 1)]
            row[column] = [value] if by[column][0].listed else value
        yield row


def _values(wants: Sequence[Want]) -> list[str] | list[int]:
    """Values that might fit all of them."""
    numbers = {want.number for want in wants if want.number is not None}
    return sorted(numbers) or [_text(wants)]


def _text(wants: Sequence[Want]) -> str:
    for want in wants:
        if want.whole:
            return want.start
    start = max((want.start for want in wants), key=len)
    end = max((want.end for want in wants), key=len)
    parts = [part for want in wants for part in want.parts]
    middle = " ".join(dict.fromkeys(part for part in parts if part not in start and part not in end))
    return f"{start}{middle}{end}" or "any"
