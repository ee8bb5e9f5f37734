"""A table that repaints itself on a terminal, busiest rows first.

Shows as many rows as the screen holds, on the terminal's second screen: lines that a resize has folded never
stay behind. However the ``with`` block ends, the terminal is given back as it was, and the last picture is
left on it. Rows that are ``over`` are dim.
Refuses to gather rows or to keep time: the caller calls ``show`` as often as it wants a new picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from procwire.cli.output.text_table import arrange, cells, chosen, lay
from procwire.model.columns import Table
from procwire.model.values import clean

CHROME = 4  # lines that are not rows once the end has come: heading, footer, last words, prompt
MAX_ROWS = 500


def never(row: Any) -> bool:  # noqa: ARG001
    """No row is over."""
    return False


class Recent:
    """Ranks rows by the bytes they moved since the picture before; still ones by all their bytes.

    Of the still ones, those that are ``over`` come last.
    """

    def __init__(
        self, key: Callable[[Any], Any], size: Callable[[Any], int], over: Callable[[Any], bool] = never
    ) -> None:
        self.key = key
        self.size = size
        self.over = over
        self.before: Mapping[Any, int] = {}
        self.moved: Mapping[Any, int] = {}  # bytes since the picture before, by key

    def rank(self, rows: Iterable[Any], limit: int) -> list[Any]:
        """The ``limit`` busiest rows, busiest first; rows of equal rank keep their order."""
        now = [(self.key(row), self.size(row), row) for row in rows]
        before, self.before = self.before, {key: size for key, size, _ in now}
        moved = self.moved = {key: size - before.get(key, 0) for key, size, _ in now}
        now.sort(key=lambda seen: (-moved[seen[0]], self.over(seen[2]), -seen[1]))
        return [row for _, _, row in now[:limit]]


class LiveTable:
    """A context manager: ``with LiveTable(FLOWS) as live: live.show(rows, "12 flows")``."""

    def __init__(
        self,
        table: Table,
        *,
        names: Iterable[str] | None = None,
        console: Console | None = None,
        over: Callable[[Any], bool] = never,
    ) -> None:
        self.columns = chosen(table, names)
        self.console = console or Console()
        self.over = over
        self.last: Group | None = None
        self.live = Live(console=self.console, auto_refresh=False, screen=True, vertical_overflow="crop")

    def __enter__(self) -> LiveTable:
        self.live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.live.__exit__(*error)
        if self.last is not None:
            self.console.print(self.last)

    @property
    def room(self) -> int:
        """Rows that the screen has room for."""
        return max(1, min(MAX_ROWS, self.console.size.height - CHROME))

    def show(self, rows: Iterable[Any], footer: str = "") -> None:
        """Paint a new picture: the first ``room`` of ``rows`` and a line under them."""
        self.last = self.picture(rows, footer)
        self.live.update(self.last, refresh=True)

    def picture(self, rows: Iterable[Any], footer: str = "") -> Group:
        """The picture itself."""
        rows = list(islice(rows, self.room))
        lines = [cells(row, self.columns) for row in rows]
        kept, wide = arrange(self.columns, lines, self.console.size.width)
        columns = [self.columns[place] for place in kept]
        out = [Text(lay(columns, [column.heading.upper() for column in columns], wide), style="bold")]
        for row, line in zip(rows, lines, strict=True):
            shown = lay(columns, [line[place] for place in kept], wide)
            out.append(Text(shown, style="dim" if self.over(row) else ""))
        out.append(Text(clean(footer), style="dim"))
        for text in out:
            text.no_wrap, text.overflow = True, "crop"
        return Group(*out)
