"""A table that repaints itself on a terminal, busiest rows first.

Shows as many rows as the screen holds. However the ``with`` block ends, the terminal is given back as it was.
Refuses to gather rows or to keep time: the caller calls ``show`` as often as it wants a new picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from procwire.cli.output.text_table import arrange, cells, chosen, lay
from procwire.model.columns import Table
from procwire.model.values import clean

CHROME = 4  # lines of the screen that are not rows: the heading, the footer, the prompt, one to spare
MAX_ROWS = 500


class Recent:
    """Ranks rows by the bytes they moved since the picture before, then by all their bytes."""

    def __init__(self, key: Callable[[Any], Any], size: Callable[[Any], int]) -> None:
        self.key = key
        self.size = size
        self.before: Mapping[Any, int] = {}

    def rank(self, rows: Iterable[Any], limit: int) -> list[Any]:
        """The ``limit`` busiest rows, busiest first; rows of equal rank keep their order."""
        now = [(self.key(row), self.size(row), row) for row in rows]
        before, self.before = self.before, {key: size for key, size, _ in now}
        now.sort(key=lambda seen: (-(seen[1] - before.get(seen[0], 0)), -seen[1]))
        return [row for _, _, row in now[:limit]]


class LiveTable:
    """A context manager: ``with LiveTable(FLOWS) as live: live.show(rows, "12 flows")``."""

    def __init__(
        self, table: Table, *, names: Iterable[str] | None = None, console: Console | None = None
    ) -> None:
        self.columns = chosen(table, names)
        self.console = console or Console()
        self.live = Live(
            console=self.console, auto_refresh=False, screen=False, transient=False, vertical_overflow="crop"
        )

    def __enter__(self) -> LiveTable:
        self.live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.live.__exit__(*error)

    @property
    def room(self) -> int:
        """Rows that the screen has room for."""
        return max(1, min(MAX_ROWS, self.console.size.height - CHROME))

    def show(self, rows: Iterable[Any], footer: str = "") -> None:
        """Paint a new picture: the first ``room`` of ``rows`` and a line under them."""
        self.live.update(self.picture(rows, footer), refresh=True)

    def picture(self, rows: Iterable[Any], footer: str = "") -> Group:
        """The picture itself."""
        lines = [cells(row, self.columns) for _, row in zip(range(self.room), rows, strict=False)]
        kept, wide = arrange(self.columns, lines, self.console.size.width)
        columns = [self.columns[place] for place in kept]
        out = [Text(lay(columns, [column.heading.upper() for column in columns], wide), style="bold")]
        out += [Text(lay(columns, [line[place] for place in kept], wide)) for line in lines]
        out.append(Text(clean(footer), style="dim"))
        for line in out:
            line.no_wrap, line.overflow = True, "crop"
        return Group(*out)
