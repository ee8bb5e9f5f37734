"""A plain table for people: headed columns, widths from the first rows, then a line a row as they come.

Values are short (``1.2 MB``, ``83 ms``) and safe to print. On a terminal the lines are cut to its width; into
a pipe nothing is cut. Refuses to repaint: see live.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from procwire.cli.output.layout import fit, width_of, widths
from procwire.model.columns import Column, Kind, Table
from procwire.model.values import human, human_size

SAMPLE = 200  # rows that decide the widths
LEAST = 8  # cells that a column of text is never cut below
EVENT = Column(name="event", kind=Kind.TEXT, doc="What happened to the flow.", get=lambda _: "", width=6)
_LEAST = {Kind.ADDRESS: 15}
_RIGHT = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.SIZE, Kind.DURATION})


def chosen(table: Table, names: Iterable[str] | None) -> list[Column]:
    """The named columns, or those that the table shows by default."""
    if names is not None:
        return [table.column(name) for name in names]
    return [column for column in table if column.shown] or list(table.columns)


def cells(row: Any, columns: list[Column]) -> list[str]:
    """One row for people."""
    return [_cell(column, column.get(row)) for column in columns]


def _cell(column: Column, value: Any) -> str:
    if column.unit == "bytes/s" and value is not None:
        return f"{human_size(round(value))}/s"
    return human(column.kind, value)


def arrange(columns: list[Column], lines: list[list[str]], total: int) -> tuple[list[int], list[int]]:
    """Places of the columns that fit in ``total`` cells (0: all do), and their widths."""
    heads = [column.heading for column in columns]
    wanted = [max(map(width_of, cells)) for cells in zip(heads, *lines, strict=True)]
    least = [_least(column, want) for column, want in zip(columns, wanted, strict=True)]
    kept = list(range(len(columns)))
    while total and sum(least[place] + 2 for place in kept) - 2 > total:
        last = max(kept, key=lambda place: columns[place].rank)
        if not columns[last].rank:
            break
        kept.remove(last)
    return kept, widths([wanted[place] for place in kept], [least[place] for place in kept], total)


def _least(column: Column, wanted: int) -> int:
    return wanted if column.kind in _RIGHT else min(wanted, max(_LEAST.get(column.kind, LEAST), column.width))


def lay(columns: list[Column], line: list[str], wide: list[int]) -> str:
    """One line of exactly these widths, without the spaces at its end."""
    parts = (
        fit(text, width, right=column.kind in _RIGHT)
        for text, column, width in zip(line, columns, wide, strict=True)
    )
    return "  ".join(parts).rstrip()


class TextTable:
    """Writes rows of ``table`` to a text stream. ``width``: cells of the terminal, 0 where there is none.

    ``events`` adds a first column ``event``.
    """

    def __init__(
        self,
        stream: TextIO,
        table: Table,
        *,
        names: Iterable[str] | None = None,
        width: int = 0,
        events: bool = False,
    ) -> None:
        self.stream = stream
        self.events = events
        self.columns = ([EVENT] if events else []) + chosen(table, names)
        self.width = width
        self.sample: list[list[str]] | None = []
        self.kept: list[int] = []  # places of the columns that the terminal has room for
        self.widths: list[int] = []

    def write(self, row: Any, event: str = "") -> None:
        """One line, held back until the widths are known."""
        line = cells(row, self.columns)
        if self.events:
            line[0] = event
        if self.sample is None:
            self.line(line)
            return
        self.sample.append(line)
        if len(self.sample) >= SAMPLE:
            self.settle()

    def settle(self) -> None:
        """Fix the widths by what is held back, and write it."""
        if self.sample is None:
            return
        sample, self.sample = self.sample, None
        self.kept, self.widths = arrange(self.columns, sample, self.width)
        self.columns = [self.columns[place] for place in self.kept]
        self.line([column.heading.upper() for column in self.columns])
        for line in sample:
            self.line([line[place] for place in self.kept])

    def line(self, line: list[str]) -> None:
        """One line; into a pipe nothing is cut."""
        wide = self.widths
        if not self.width:
            wide = [max(width, width_of(text)) for text, width in zip(line, self.widths, strict=True)]
        self.stream.write(lay(self.columns, line, wide) + "\n")

    def flush(self) -> None:
        """Write what is held back."""
        self.settle()
        self.stream.flush()

    finish = flush
