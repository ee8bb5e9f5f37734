"""One row, whole: each column that is known, its value, and what it means."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult

from procwire.model.columns import Kind, Table
from procwire.model.values import human, time_text
from procwire.tui.canvas import Canvas, Ink
from procwire.tui.cells import fit
from procwire.tui.keys import Key
from procwire.tui.view import View

NAME_WIDE = 24
LEAST_WORDS = 24
EXACT = frozenset({Kind.SIZE, Kind.DURATION})


class SheetView(View):
    """All values of one row."""

    NAME = "sheet"
    TITLE = "Row"
    DOC = (
        "Everything that one row says, with what each column means. Columns that are not known are left out."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key(keys=("Y",), action="copy", words="copy the row as JSON", short="copy"),
    )

    def __init__(self, table: str, values: Mapping[str, Any]) -> None:
        super().__init__()
        self.name_of_table = table
        self.values = values
        self.canvas = Canvas()

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        yield self.canvas

    def target(self) -> Canvas:
        """See View."""
        return self.canvas

    def subject(self) -> dict[str, Any]:
        """See View."""
        return dict(self.values)

    async def load(self) -> None:
        """See View."""
        table = self.app.table(self.name_of_table)
        self.canvas.draw(sheet(table, self.values, self.canvas.size.width))

    def action_copy(self) -> None:
        """To the clipboard."""
        self.app.copy_values(self.values)


def sheet(table: Table | None, values: Mapping[str, Any], width: int) -> list[Ink]:
    """The values of a row as lines."""
    lines: list[Ink] = [((f" {table.doc if table is not None else ''}", "dim"),), ()]
    for column in table or ():
        value = values.get(column.name)
        if value in (None, "", (), []):
            continue
        lines += entry(column.name, exactly(column.kind, value), column.doc, width)
    return lines


def exactly(kind: Kind, value: Any) -> str:
    """A value for people, and where that rounds, the exact one beside it."""
    short = human(kind, value)
    if kind is Kind.TIME and value:
        return time_text(value)
    if kind is Kind.SIZE and value >= 1000:
        return f"{short}  ({value:,} bytes)"
    return short


def entry(name: str, value: str, words: str, width: int) -> list[Ink]:
    """A value with its name and meaning; long values go over several lines."""
    room = max(LEAST_WORDS, width - NAME_WIDE - 2)
    value_lines = textwrap.wrap(value, room, break_on_hyphens=False) or [""]
    spare = room - len(value_lines[0]) - 3
    lines: list[Ink] = []
    beside = words if len(value_lines) == 1 and spare >= len(words) else ""
    first: list[tuple[str, str]] = [(f" {fit(name, NAME_WIDE)} ", "accent"), (value_lines[0], "text")]
    if beside:
        first.append((f"   {beside}", "dim"))
    lines.append(tuple(first))
    lines += [((" " * (NAME_WIDE + 2) + line, "text"),) for line in value_lines[1:]]
    return lines
