"""SQL: one query over all tables, with completion; the answer as a table."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input

from procwire.tui.canvas import Canvas
from procwire.tui.complete import accepted, sql, word_at
from procwire.tui.grid import Grid
from procwire.tui.grouping import ordered
from procwire.tui.host import Answer, HostError
from procwire.tui.keys import Key
from procwire.tui.page import Line, Page
from procwire.tui.settings import used
from procwire.tui.view import View, refusal

FIRST = (
    "SELECT process, count(*) AS flows, sum(bytes) AS bytes FROM flow GROUP BY process ORDER BY bytes DESC"
)


class QueryLine(Input):
    """Where a query is written; tab completes, up and down recall."""

    BINDINGS: ClassVar[list[Any]] = [
        Binding("tab", "offer", show=False, priority=True),
        Binding("up", "recall(1)", show=False),
        Binding("down", "recall(-1)", show=False),
        Binding("escape", "to_rows", show=False, priority=True),
    ]

    def action_offer(self) -> None:
        """Take the first word offered."""
        self.post_message(SqlView.Offer())

    def action_recall(self, step: int) -> None:
        """An earlier query."""
        self.post_message(SqlView.Recall(step))

    def action_to_rows(self) -> None:
        """Leave the line for the rows."""
        self.post_message(SqlView.ToRows())


class SqlView(View):
    """A line for a query, and the rows of its answer."""

    NAME = "sql"
    TITLE = "SQL"
    DOC = (
        "One SELECT over everything that is a table: flows, observations of each protocol, processes, "
        "sockets, findings, what was stored. Tab completes names, up and down recall, escape leaves the line "
        "for the rows, i goes back to it. Queries can only read, and are bounded in time, rows and memory."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (
        Key(keys=("i", "slash"), action="write", words="write a query", short="query"),
        Key(keys=("R",), action="again", words="run it again", short="run again"),
    )
    DEFAULT_CSS = """
    SqlView > QueryLine, SqlView > QueryLine:focus { border: none; height: 1; padding: 0 1; }
    SqlView > #offers, SqlView > #caption { height: 1; }
    """

    class Offer(Grid.Moved):
        """Complete the word."""

    class ToRows(Grid.Moved):
        """The keys go to the rows."""

    class Recall(Grid.Moved):
        """An earlier query."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self) -> None:
        super().__init__()
        self.query_line = QueryLine(placeholder=FIRST)
        self.offers = Canvas(id="offers")
        self.head = Canvas(id="caption")
        self.grid = Grid(describe="Write a query and press enter. An empty line asks the one that is shown.")
        self.answer: Answer | None = None
        self.recalled = -1

    def compose(self) -> ComposeResult:
        """The line, what may stand there, and the answer."""
        yield self.query_line
        yield self.offers
        yield self.head
        yield self.grid

    def on_mount(self) -> None:
        """Only the line and the rows take keys."""
        self.offers.can_focus = self.head.can_focus = False

    def target(self) -> Widget:
        """See View."""
        return self.query_line if self.answer is None else self.grid

    async def load(self) -> None:
        """Nothing is asked before somebody does."""
        self._hint()

    def back(self) -> bool:
        """See View."""
        return False

    def action_write(self) -> None:
        """The keys go to the line."""
        self.screen.set_focus(self.query_line)

    def action_again(self) -> None:
        """Ask the same again."""
        self.app.run_worker(self._ask(self.query_line.value or FIRST), group="sql", exclusive=True)

    @on(Input.Submitted)
    def asked(self, event: Input.Submitted) -> None:
        """Ask."""
        event.stop()
        text = event.value.strip().rstrip(";") or FIRST
        self.query_line.value = text
        self.app.run_worker(self._ask(text), group="sql", exclusive=True)

    async def _ask(self, text: str) -> None:
        self.head.draw([((" asking…", "dim"),)])
        try:
            self.answer = await self.app.ask(self.app.host.query, text)
        except HostError as error:
            self.grid.say(refusal(error))
            self.grid.show((), Page())
            self.head.draw([((f" {error}", "bad"),)])
            return
        used(self.app.settings.queries, text)
        self.app.keep_settings()
        self.recalled = -1
        self._show(self.answer)
        self.screen.set_focus(self.grid)

    def _show(self, answer: Answer) -> None:
        names = [column.name for column in answer.table]
        rows = [dict(zip(names, row, strict=True)) for row in answer.rows]
        if self.grid.order in names:
            rows = ordered(rows, self.grid.order, descending=self.grid.descending)
        lines = [Line(key=place, values=row) for place, row in enumerate(rows)]
        if not lines:
            self.grid.say("no rows")
        self.grid.show(list(answer.table), Page(lines=lines, total=len(lines)), all_of=True)
        notes = [(f"  {note}", "warn") for note in answer.notes]
        self.head.draw([((f" {len(lines):,} rows", "title"), *notes)])

    @on(Grid.Ordered)
    def ordered(self, event: Grid.Ordered) -> None:
        """Order the answer here."""
        event.stop()
        self.grid.descending = not self.grid.descending if event.name == self.grid.order else True
        self.grid.order = event.name
        if self.answer is not None:
            self._show(self.answer)

    @on(Grid.Opened)
    def opened(self, event: Grid.Opened) -> None:
        """One row, whole."""
        event.stop()
        values = dict(event.line.values)
        if isinstance(values.get("flow_id"), str):
            from procwire.tui.views.flow import FlowView

            self.app.run_worker(self.app.open_view(FlowView(values["flow_id"])))

    @on(Input.Changed)
    def changed(self, event: Input.Changed) -> None:
        """Other words may stand there."""
        event.stop()
        self._hint()

    def _words(self) -> list[str]:
        line = self.query_line
        if not word_at(line.value, line.cursor_position) and not line.value.endswith(" "):
            return []
        return sql(line.value, line.cursor_position, list(self.app.tables.values()))

    def _hint(self) -> None:
        words = self._words()
        self.offers.draw([((" " + "  ".join(words[:20]), "accent"),)])

    @on(Offer)
    def complete_word(self, event: Offer) -> None:
        """Take the first offer."""
        event.stop()
        words, line = self._words(), self.query_line
        if words:
            line.value, cursor = accepted(line.value, line.cursor_position, words[0])
            line.cursor_position = cursor

    @on(ToRows)
    def to_rows(self, event: ToRows) -> None:
        """The keys go to the rows."""
        event.stop()
        self.screen.set_focus(self.grid)

    @on(Recall)
    def recall(self, event: Recall) -> None:
        """An earlier query."""
        event.stop()
        past = self.app.settings.queries
        self.recalled = max(-1, min(len(past) - 1, self.recalled + event.step))
        self.query_line.value = past[self.recalled] if self.recalled >= 0 else ""
        self.query_line.cursor_position = len(self.query_line.value)
