"""A plain table for people: headed columns, widths from the first rows, then a line a row as they come.

Values are short (``1.2 MB``, ``83 ms``) and safe to print. On a terminal the lines are cut to its width; into
a pipe nothing is cut. Refuses to repaint: see live.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from procwire.cli.output.layout import fit, width_of, widths
from procwire.model.columns import Column, Kind, Table
from procwire.model.values import human

SAMPLE = 200  # rows that decide the widths
LEAST = 6  # cells that a column of text is never cut below
_RIGHT = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.SIZE, Kind.DURATION})


def chosen(table: Table, names: Iterable[str] | None) -> list[Column]:
    """The named columns, or those that the table shows by default."""
    if names is not None:
        return [table.column(name) for name in names]
    return [column for column in table if column.shown] or list(table.columns)


def cells(row: Any, columns: list[Column]) -> list[str]:
    """One row for people."""
    return [human(column.kind, column.get(row)) for column in columns]


class TextTable:
    """Writes rows of ``table`` to a text stream. ``width``: cells of the terminal, 0 where there is none."""

    def __init__(
        self, stream: TextIO, table: Table, *, names: Iterable[str] | None = None, width: int = 0
    ) -> None:
        self.stream = stream
        self.columns = chosen(table, names)
        self.width = width
        self.sample: list[list[str]] | None = []
        self.widths: list[int] = []

    def write(self, row: Any, event: str = "") -> None:  # noqa: ARG002
        """One line, held back until the widths are known."""
        line = cells(row, self.columns)
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
        heads = [column.heading for column in self.columns]
        wanted = [max(map(width_of, column)) for column in zip(heads, *sample, strict=True)]
        least = [
            min(want, max(LEAST, column.width)) if column.kind not in _RIGHT else want
            for want, column in zip(wanted, self.columns, strict=True)
        ]
        self.widths = widths(wanted, least, self.width)
        self.line([head.upper() for head in heads])
        for line in sample:
            self.line(line)

    def line(self, line: list[str]) -> None:
        """Lay out one line; the last column is not filled, and into a pipe nothing is cut."""
        parts = []
        for text, column, width in zip(line, self.columns, self.widths, strict=True):
            wide = width if self.width else max(width, width_of(text))
            parts.append(fit(text, wide, right=column.kind in _RIGHT))
        self.stream.write("  ".join(parts).rstrip() + "\n")

    def flush(self) -> None:
        """Write what is held back."""
        self.settle()
        self.stream.flush()

    finish = flush
