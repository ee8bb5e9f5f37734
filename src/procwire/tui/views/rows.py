"""A screen over one declared table: order, filter, columns, and a page of rows at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult

from procwire.model.columns import Column, Kind, Table
from procwire.tui.canvas import Canvas
from procwire.tui.grid import Grid
from procwire.tui.host import HostError, Rows, Want
from procwire.tui.keys import Key
from procwire.tui.page import Line, Page
from procwire.tui.picker import Choice, Picker
from procwire.tui.settings import ViewSettings
from procwire.tui.view import View, refusal

AHEAD = 3  # pages of rows that are fetched at once
LEAST_ROWS = 60

_WAYS = {
    Kind.NUMBER: ("largest first", "smallest first"),
    Kind.TIME: ("latest first", "earliest first"),
    Kind.DURATION: ("longest first", "shortest first"),
    Kind.TEXT: ("z to a", "a to z"),
    Kind.LIST: ("z to a", "a to z"),
}

FILTER_KEY = Key(keys=("slash",), action="filter", words="filter rows; tab completes", short="filter")
COLUMNS_KEY = Key(keys=("c",), action="columns", words="choose columns and their order", short="columns")
ORDER_KEY = Key(keys=("o",), action="order", words="order by any column", short="order")


class RowsView(View):
    """Derive from it: name the table, the columns beyond those shown that a line is made of, an order."""

    TABLE: ClassVar[str] = ""
    WITH: ClassVar[tuple[str, ...]] = ()  # fetched too, for marks and keys
    KEY: ClassVar[tuple[str, ...]] = ()  # columns that tell rows apart; empty: the table's own
    FIRST: ClassVar[tuple[str, ...]] = ()  # columns shown at first; empty: those that the table shows
    ORDER: ClassVar[str] = ""
    DESCENDING: ClassVar[bool] = True
    RANKS: ClassVar[Mapping[str, int]] = {}  # which go first on a narrow screen, where tables do not say it
    EMPTY: ClassVar[str] = "no rows yet"
    KEYS: ClassVar[tuple[Key, ...]] = (FILTER_KEY, ORDER_KEY, COLUMNS_KEY)

    DEFAULT_CSS = """
    RowsView > #caption { height: 1; }
    """

    def __init__(self, *, table: str = "") -> None:
        super().__init__()
        self.table_name = table or self.TABLE
        self.words = ""  # the filter
        self.total = 0
        self.notes: tuple[str, ...] = ()
        self.grid = Grid(describe="…")
        self.head = Canvas(id="caption")
        self.head.can_focus = False

    def compose(self) -> ComposeResult:
        """A caption and the rows."""
        yield self.head
        yield self.grid

    # What is asked for.

    @property
    def settings(self) -> ViewSettings:
        """What is remembered of this screen."""
        return self.app.settings.view(f"{self.NAME}:{self.table_name}" if not self.TABLE else self.NAME)

    def table(self) -> Table | None:
        """See View."""
        return self.app.table(self.table_name)

    @property
    def filter_text(self) -> str:
        """See View."""
        return self.words

    @property
    def order(self) -> str:
        """The column that orders."""
        return self.settings.order or self.ORDER

    @property
    def descending(self) -> bool:
        """Whether the largest come first."""
        return self.settings.descending if self.settings.order else self.DESCENDING

    def columns(self) -> list[Column]:
        """The columns to show."""
        table = self.table()
        if table is None:
            return []
        known = {column.name: column for column in table}
        names = self.settings.columns or self.FIRST
        if names:
            return [self._ranked(known[name]) for name in names if name in known]
        shown = [column for column in table if column.shown]
        return shown or list(table.columns)

    def _ranked(self, column: Column) -> Column:
        rank = self.RANKS.get(column.name, column.rank)
        return column if rank == column.rank else msgspec.structs.replace(column, rank=rank)

    def key_names(self) -> tuple[str, ...]:
        """Columns that tell rows apart."""
        table = self.table()
        return self.KEY or (table.key if table is not None else ())

    def want(self, **other: Any) -> Want:
        """What is looked at just now, and a page or two more."""
        high = self.grid.rows_high
        known = {column.name for column in self.table() or ()}
        names = dict.fromkeys([*(column.name for column in self.columns()), *self.key_names(), *self.WITH])
        plain = Want(
            table=self.table_name,
            columns=tuple(name for name in names if name in known),
            filter=self.words,
            order=self.order,
            descending=self.descending,
            first=max(0, self.grid.top - high),
            limit=max(LEAST_ROWS, AHEAD * high),
            at=self.app.at,
        )
        return msgspec.structs.replace(plain, **other) if other else plain

    async def load(self) -> None:
        """See View."""
        if self.table() is None:
            raise HostError(f"there is no table {self.table_name!r} here", self.missing())
        want = self.want()
        rows = await self.app.ask(self.app.host.rows, want)
        self.take(want, rows)

    def missing(self) -> str:
        """What would make the table be there."""
        return "a newer procwire on the other side"

    def take(self, want: Want, rows: Rows) -> None:
        """Show an answer."""
        self.total, self.notes = rows.total, rows.notes
        lines = [self.line(dict(zip(want.columns, row, strict=True))) for row in rows.rows]
        self.show(Page(lines=lines, first=rows.first, total=rows.total))

    def show(self, page: Page) -> None:
        """Put a page on the screen."""
        self.grid.order, self.grid.descending = self.order, self.descending
        if not page.total:
            self.grid.say(self.EMPTY if not self.words else "nothing matches the filter")
        self.grid.show(self.columns(), page, all_of=bool(self.settings.columns))
        self.paint_caption()

    def line(self, values: Mapping[str, Any]) -> Line:
        """A row as a line."""
        return Line(key=tuple(values.get(name) for name in self.key_names()) or id(values), values=values)

    def refuse(self, error: HostError) -> None:
        """See View."""
        self.grid.say(refusal(error))
        self.grid.show(self.columns(), Page())
        self.paint_caption()

    # What the caption says.

    def paint_caption(self) -> None:
        """Draw it."""
        self.head.draw([tuple(self.caption())])

    def caption(self) -> Sequence[tuple[str, str]]:
        """See View."""
        pieces = [(f" {self.counted()}", "title")]
        if self.order:
            pieces.append((f"  by {self.order}, {self._way()}", "dim"))
        if self.words:
            pieces += [("  filter ", "dim"), (self.words, "accent")]
        pieces += [(f"  {note}", "warn") for note in self.notes]
        return pieces

    def _way(self) -> str:
        """Which rows come first, in words that suit the column that orders."""
        kind = next((each.kind for each in self.table() or () if each.name == self.order), Kind.NUMBER)
        down, up = _WAYS.get(kind, _WAYS[Kind.NUMBER])
        return down if self.descending else up

    def counted(self) -> str:
        """How many rows there are."""
        name = self.table_name if self.total == 1 else _plural(self.table_name)
        return f"{self.total:,} {name}"

    # What keys do.

    def target(self) -> Grid:
        """See View."""
        return self.grid

    def subject(self) -> dict[str, Any]:
        """See View."""
        return dict(self.grid.line.values) if self.grid.line is not None else {}

    def filtered(self, text: str) -> None:
        """See View."""
        self.words = text
        self.grid.cursor = self.grid.top = 0
        self.reload()

    def back(self) -> bool:
        """See View: the filter goes first."""
        if not self.words:
            return False
        self.filtered("")
        return True

    def set_order(self, name: str) -> None:
        """Order by a column; by the same again: the other way round."""
        settings = self.settings
        settings.descending = not self.descending if name == self.order else True
        settings.order = name
        self.grid.order, self.grid.descending = name, settings.descending
        self.grid.cursor = self.grid.top = 0
        self.app.keep_settings()
        self.reload()

    @on(Grid.Ordered)
    def ordered(self, event: Grid.Ordered) -> None:
        """See Grid.Ordered."""
        event.stop()
        self.set_order(event.name)

    @on(Grid.Wanted)
    def wanted(self, event: Grid.Wanted) -> None:
        """See Grid.Wanted."""
        event.stop()
        self.reload()

    @on(Grid.Opened)
    def opened(self, event: Grid.Opened) -> None:
        """See Grid.Opened."""
        event.stop()
        self.open_line(event.line)

    def open_line(self, line: Line) -> None:
        """What enter does."""
        self.app.show_values(self.table_name, line.values)

    def action_filter(self) -> None:
        """Write a filter."""
        self.app.open_filter(self)

    def action_order(self) -> None:
        """Choose the column that orders."""
        choices = [Choice(value=each.name, name=each.name, words=each.doc) for each in self.table() or ()]
        self.app.push_screen(Picker("order by", choices, chosen=[self.order]), self._order_chosen)

    def _order_chosen(self, names: list[str] | None) -> None:
        if names:
            self.set_order(names[0])

    def action_columns(self) -> None:
        """Choose columns."""
        choices = [Choice(value=each.name, name=each.name, words=each.doc) for each in self.table() or ()]
        shown = [column.name for column in self.columns()]
        self.app.push_screen(Picker("columns", choices, chosen=shown, several=True), self._columns_chosen)

    def _columns_chosen(self, names: list[str] | None) -> None:
        if names is None:
            return
        table = self.table()
        usual = [column.name for column in table or () if column.shown]
        self.settings.columns = () if names == (list(self.FIRST) or usual) else tuple(names)
        self.app.keep_settings()
        self.grid.frame.forget()
        self.grid.frame.left = 0
        self.reload()


def _plural(name: str) -> str:
    if name.endswith("s"):
        return f"{name}es" if name.endswith("ss") else name
    return f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"
