"""What one protocol said: its table of observations, with latency percentiles, outcomes and top names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
from textual.app import ComposeResult

from procwire.model.columns import Column
from procwire.model.values import human_duration
from procwire.tui import stats
from procwire.tui.canvas import Canvas, Ink
from procwire.tui.cells import fit
from procwire.tui.host import Rows, Want
from procwire.tui.keys import Key
from procwire.tui.page import Line
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY, RowsView

SAMPLE = 2000  # of the last rows, which the sums are of
BAD_FROM = 400  # HTTP's errors begin here
FINE = frozenset({"ok", "OK", "noerror", "NOERROR", "success", "0", "200"})
FIRST = ("time", "side", *stats.NAMES, *stats.OUTCOMES, *stats.LATENCIES, "process", "dst", "src")
NOT_SHOWN = frozenset({"flow_id", "container", "pid", "proto", "src_port", "app"})


class RecordsView(RowsView):
    """The observations of one table."""

    NAME = "records"
    TITLE = "Records"
    ORDER = "time"
    KEY = ("time", "flow_id", "side")
    WITH = ("flow_id",)
    EMPTY = "nothing of this was seen yet"
    DOC = (
        "What a protocol's parser saw, the last first. Above: percentiles of the latency from a request to "
        "its answer, outcomes, and the most frequent names, all of the rows that match (the last "
        f"{SAMPLE:,} of them). Enter shows the flow."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (FILTER_KEY, ORDER_KEY, COLUMNS_KEY)
    DEFAULT_CSS = "RecordsView > #sums { height: 6; }"

    def __init__(self, table: str) -> None:
        super().__init__(table=table)
        self.sums = Canvas(id="sums")
        self.sums.can_focus = False
        self.filled: set[str] = set()  # columns that hold something on this page

    def compose(self) -> ComposeResult:
        """Caption, sums, rows."""
        yield self.head
        yield self.sums
        yield self.grid

    def columns(self) -> list[Column]:
        """All but what every table has."""
        found = super().columns()
        if self.settings.columns:
            return found
        found = [column for column in found if column.name not in NOT_SHOWN]
        return [
            msgspec.structs.replace(column, rank=self._rank(place, column))
            for place, column in enumerate(found)
        ]

    def _rank(self, place: int, column: Column) -> int:
        """What says most stays longest: who, names, outcomes, latencies; what holds nothing goes first."""
        if self.filled and column.name not in self.filled:
            return 1000 + place
        if column.name in FIRST:
            return FIRST.index(column.name)
        return 100 + place

    def take(self, want: Want, rows: Rows) -> None:
        """See RowsView."""
        self.filled = {
            name
            for place, name in enumerate(want.columns)
            if any(row[place] not in (None, "", (), []) for row in rows.rows)
        }
        super().take(want, rows)

    async def load(self) -> None:
        """See View."""
        await super().load()
        table = self.table()
        if table is None:
            return
        names = stats.columns_for(table)
        want = Want(table=self.table_name, columns=names, filter=self.words, order="time", descending=True,
                    limit=SAMPLE, at=self.app.at)  # fmt: skip
        rows = await self.app.ask(self.app.host.rows, want)
        found = stats.of(table, [dict(zip(names, row, strict=True)) for row in rows.rows])
        self.sums.draw(summed(found, self.sums.size.width))

    def open_line(self, line: Line) -> None:
        """The flow in which it was seen."""
        flow_id = line.values.get("flow_id")
        if flow_id:
            from procwire.tui.views.flow import FlowView

            self.app.run_worker(self.app.open_view(FlowView(str(flow_id))))
        else:
            super().open_line(line)

    def counted(self) -> str:
        """How many there are."""
        return f"{self.table_name}: {self.total:,} records"


def summed(found: stats.Stats, width: int) -> list[Ink]:
    """Sums as lines."""
    lines: list[Ink] = []
    if found.percentiles:
        parts = [
            (f"p{share * 100:g} {human_duration(value)}   ", "title") for share, value in found.percentiles
        ]
        lines.append(((f" {found.latency:<12} ", "accent"), *parts,
                      (f"of {found.measured:,} with an answer", "dim")))  # fmt: skip
    elif found.latency:
        lines.append(((f" {found.latency:<12} ", "accent"), ("no answer measured yet", "dim")))
    for name, values in (*found.outcomes, *found.names):
        lines.append(_counts(name, values, width, outcome=(name, values) in found.outcomes))
    return lines


def _counts(name: str, values: Sequence[tuple[Any, int]], width: int, *, outcome: bool) -> Ink:
    pieces = [(f" {fit(name, 12)} ", "accent")]
    used = 14
    for value, count in values:
        text = f"{value} {count:,}   "
        if used + len(text) > width:
            break
        pieces.append((text, "warn" if outcome and bad(value) else "text"))
        used += len(text)
    return tuple(pieces)


def bad(value: Any) -> bool:
    """Whether an outcome is an error: a status of 400 and above, or a word that is none of the fine ones."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value >= BAD_FROM
    text = str(value)
    if text.isdigit():
        return int(text) >= BAD_FROM
    return text not in FINE and any(word in text.lower() for word in ("err", "fail", "refus", "nx", "denied"))
