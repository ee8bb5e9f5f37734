"""A screen whose capability is not there: what it would show, why it does not, and what would enable it."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from textual.app import ComposeResult

from procwire.tui.canvas import Canvas, Ink
from procwire.tui.host import HostError
from procwire.tui.view import View
from procwire.tui.views.rows import RowsView


class WaitingView(RowsView):
    """Over a table that this host may not have: then it says why. Nothing is made up."""

    NEEDS: ClassVar[str] = ""  # why the table is not there
    REMEDY: ClassVar[str] = ""  # what would enable it
    ALSO: ClassVar[str] = ""  # what can be done meanwhile

    def __init__(self) -> None:
        super().__init__()
        self.words_shown = Canvas(id="why")
        self.words_shown.display = False

    def compose(self) -> ComposeResult:
        """The rows, or why there are none."""
        yield from super().compose()
        yield self.words_shown

    async def load(self) -> None:
        """See View."""
        there = self.table() is not None
        self.grid.display = there
        self.words_shown.display = not there
        if not there:
            raise HostError(self.NEEDS, self.REMEDY)
        await super().load()

    def refuse(self, error: HostError) -> None:
        """See View."""
        if self.table() is not None:
            super().refuse(error)
            return
        self.head.draw([((f" {self.TITLE}", "title"), ("  not available here", "warn"))])
        width = max(30, min(100, self.size.width) - 4)
        lines: list[Ink] = [()]
        for title, words, role in (
            ("What it shows", self.DOC, "dim"),
            ("Why it does not", str(error), "text"),
            ("What would enable it", error.remedy, "text"),
            ("Meanwhile", self.ALSO, "text"),
        ):
            if words:
                lines.append(((f"  {title}", "accent"),))
                lines += [((f"    {line}", role),) for line in textwrap.wrap(words, width)]
                lines.append(())
        self.words_shown.draw(lines)

    def target(self) -> View | None:  # type: ignore[override]
        """See View."""
        return self.grid if self.table() is not None else self.words_shown  # type: ignore[return-value]
