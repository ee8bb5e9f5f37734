"""Rows that name their parent, put in the order of a tree, each with the lines that lead to it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

Row = TypeVar("Row")
Name = Callable[[Row], Hashable]

MAX_DEPTH = 64  # deeper rows are shown at this depth


def grown(rows: Iterable[Row], name: Name[Row], parent: Name[Row]) -> Iterator[tuple[Row, str]]:
    """Each row once, parents before children, with its branch: ``│  ├─ ``.

    A row whose parent is not among the rows stands at the top; so does one of a circle.
    """
    ordered = list(rows)
    known = {name(row) for row in ordered}
    below: dict[Hashable, list[Row]] = {}
    tops = []
    for row in ordered:
        above = parent(row)
        if above in known and above != name(row):
            below.setdefault(above, []).append(row)
        else:
            tops.append(row)
    seen: set[Hashable] = set()
    yield from _walk(tops, below, name, seen)
    for row in ordered:
        if name(row) not in seen:
            yield from _walk([row], below, name, seen)


def with_ancestors(
    rows: Iterable[Row], wanted: Callable[[Row], bool], name: Name[Row], parent: Name[Row]
) -> list[Row]:
    """The wanted rows and all above them, so that what is left is still a tree."""
    ordered = list(rows)
    by_name = {name(row): row for row in ordered}
    kept: set[Hashable] = set()
    for row in ordered:
        if not wanted(row):
            continue
        at: Row | None = row
        while at is not None and name(at) not in kept:
            kept.add(name(at))
            at = by_name.get(parent(at))
    return [row for row in ordered if name(row) in kept]


def _walk(
    tops: list[Row], below: dict[Hashable, list[Row]], name: Name[Row], seen: set[Hashable]
) -> Iterator[tuple[Row, str]]:
    """Without recursion: a chain of processes may be longer than Python's stack."""
    waiting = [(row, "", "") for row in reversed(tops)]
    while waiting:
        row, lead, mark = waiting.pop()
        if name(row) in seen:
            continue
        seen.add(name(row))
        yield row, lead + mark
        children = below.get(name(row), [])
        inner = lead + {"": "", "├─ ": "│  ", "└─ ": "   "}[mark]
        inner = inner[: MAX_DEPTH * 3]
        marks = ["├─ "] * (len(children) - 1) + ["└─ "]
        waiting += reversed([(child, inner, sign) for child, sign in zip(children, marks, strict=False)])
