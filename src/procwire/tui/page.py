"""A page of rows as lines of a table: what is under the cursor, what marks it, which columns it shows."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import msgspec

from procwire.model.columns import Column
from procwire.tui import cells, layout


class Line(msgspec.Struct, kw_only=True):
    """One line. ``gutter``: a sign at its left. ``title``: words in the place of its first columns.

    ``role``: how its cells look that have no role of their own. ``values``: also of columns not shown.
    """

    key: Hashable
    values: Mapping[str, Any]
    gutter: str = " "
    role: str = ""
    title: str = ""
    lead: str = ""  # before the text of the column ``lead_in``: a tree's branches
    lead_in: str = ""
    fold: str = ""  # the group that this line opens and folds


class Page(msgspec.Struct, kw_only=True):
    """Lines ``first`` to ``first + len(lines)`` of ``total``."""

    lines: Sequence[Line] = ()
    first: int = 0
    total: int = 0

    def line(self, index: int) -> Line | None:
        """The line at a place of the whole table; None where it was not sent."""
        place = index - self.first
        return self.lines[place] if 0 <= place < len(self.lines) else None

    def find(self, key: Hashable) -> int | None:
        """Where the line with this key is."""
        for place, line in enumerate(self.lines):
            if line.key == key:
                return self.first + place
        return None


Cell = tuple[str, int, str]  # text of exactly so many cells, their number, role


class Frame:
    """Columns with their widths; turns a line into cells. Widths only grow until ``forget``."""

    def __init__(self) -> None:
        self.columns: list[Column] = []
        self.shown: list[Column] = []
        self.widths: list[int] = []
        self.hidden = 0  # columns that there was no room for, at the right
        self.left = 0  # columns scrolled away at the left
        self._wants: dict[str, int] = {}

    def forget(self) -> None:
        """Widths begin anew."""
        self._wants.clear()

    def lay(self, columns: Sequence[Column], lines: Sequence[Line], width: int, *, all_of: bool) -> None:
        """Choose what fits. ``all_of``: the user chose the columns, so none is left out by its rank."""
        self.columns = list(columns)
        for column in self.columns:
            texts = [_text(column, line) for line in lines]
            want = cells.wanted(column, texts)
            self._wants[column.name] = max(want, self._wants.get(column.name, 0))
        self.left = min(self.left, max(0, len(self.columns) - 1))
        rest = self.columns[self.left :]
        wants = [self._wants[column.name] for column in rest]
        places = self._by_room(rest, wants, width, all_of=all_of)
        self.shown = [rest[place] for place in places]
        self.hidden = len(rest) - len(places)
        elastic = frozenset(
            place
            for place, column in enumerate(self.shown)
            if column is self.shown[-1] and not cells.is_right(column)
        )
        self.widths = layout.shared([wants[place] for place in places], width, elastic=elastic)

    @staticmethod
    def _by_room(rest: list[Column], wants: list[int], width: int, *, all_of: bool) -> list[int]:
        if not all_of:
            return layout.chosen(rest, wants, width)
        places: list[int] = []
        used = 0
        for place, want in enumerate(wants):
            if places and used + min(want, layout.USUAL) > width:
                break
            places.append(place)
            used += min(want, layout.USUAL) + layout.GAP
        return places

    def headings(self, order: str, *, descending: bool, ascii_only: bool) -> list[Cell]:
        """The heading of each column; the one that orders has a mark."""
        marks = ("v", "^") if ascii_only else ("▼", "▲")
        found: list[Cell] = []
        for column, width in zip(self.shown, self.widths, strict=True):
            mine = column.name == order
            text = column.heading + (marks[0 if descending else 1] if mine else "")
            fitted = cells.fit(text, width, right=cells.is_right(column))
            found.append((fitted, width, "order" if mine else "head"))
        return found

    def cells(self, line: Line) -> list[Cell]:
        """The cells of a line, in the order of the columns shown."""
        found: list[Cell] = []
        for column, width in zip(self.shown, self.widths, strict=True):
            value = line.values.get(column.name)
            text = cells.fit(_text(column, line), width, right=cells.is_right(column))
            found.append((text, width, cells.role(column, value, line.values) or line.role))
        return _titled(found, line) if line.title else found

    def column_at(self, x: int) -> Column | None:
        """The column at a cell of the line."""
        start = 0
        for column, width in zip(self.shown, self.widths, strict=True):
            if start <= x < start + width + layout.GAP:
                return column
            start += width + layout.GAP
        return None


def _text(column: Column, line: Line) -> str:
    text = cells.mark(column, cells.words(column, line.values.get(column.name)), line.values)
    return line.lead + text if line.lead and column.name == line.lead_in else text


def _titled(found: list[Cell], line: Line) -> list[Cell]:
    """The title over the first columns, up to the first that has something to say."""
    room, count = 0, 0
    for text, width, _ in found:
        if text.strip() and count:
            break
        room += width + layout.GAP
        count += 1
    room -= layout.GAP
    return [(cells.fit(line.title, room), room, "title"), *found[count:]]
