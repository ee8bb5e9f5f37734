"""CSV (RFC 4180 quoting, one line a row, LF): a header, then every column, empty for what is not known.

Units are those of the column declarations: times RFC 3339, durations seconds, sizes bytes, lists joined by
commas. Control characters are written as ``\\xNN``, so a row is always one line and safe on a terminal. Cells
that start with ``=``, ``+``, ``-`` or ``@`` are left as they are: the file is data. A spreadsheet should
import such columns as text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from procwire.model.columns import Kind, Table
from procwire.model.values import clean, machine

_NUMBERS = (Kind.INTEGER, Kind.SIZE)


class Csv:
    """Writes rows of ``table`` to a text stream; ``events`` adds a first column ``event``."""

    def __init__(
        self, stream: TextIO, table: Table, *, names: Iterable[str] | None = None, events: bool = False
    ) -> None:
        self.stream = stream
        self.columns = [table.column(name) for name in names] if names is not None else list(table.columns)
        self.events = events
        import csv  # most outputs are not

        self.writer = csv.writer(stream, lineterminator="\n")
        self.headed = False

    def write(self, row: Any, event: str = "") -> None:
        """One line; the header before the first."""
        self.head()
        cells: list[Any] = [event] if self.events else []
        for column in self.columns:
            value = column.get(row)
            if value is None or column.kind in _NUMBERS:
                cells.append(value)
            else:
                cells.append(clean(machine(column.kind, value)))
        self.writer.writerow(cells)

    def head(self) -> None:
        """The header, once."""
        if not self.headed:
            self.headed = True
            names = [column.name for column in self.columns]
            self.writer.writerow(["event", *names] if self.events else names)

    def flush(self) -> None:
        """Pass on what the stream holds."""
        self.stream.flush()

    def finish(self) -> None:
        """A header even where there were no rows."""
        self.head()
        self.flush()
