"""The line in which a filter is written: completion from the columns, faults under a caret as one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from procwire.model.columns import Table
from procwire.model.filter import FilterError, compile_filter
from procwire.tui.canvas import Canvas, Ink
from procwire.tui.complete import Offers, accepted

if TYPE_CHECKING:
    from procwire.tui.app import Terminal

PROMPT = "filter: "


def fault(text: str, table: Table, *, now: int) -> FilterError | None:
    """What is wrong with a filter, if anything."""
    if not text.strip():
        return None
    try:
        compile_filter(text, table, now=now)
    except FilterError as error:
        return error
    return None


class FilterBar(Vertical):
    """Hidden until ``open``. Says ``Applied`` with the text, or ``Left``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "leave", show=False, priority=True),
        Binding("tab", "offer(1)", show=False, priority=True),
        Binding("shift+tab", "offer(-1)", show=False, priority=True),
        Binding("up", "recall(1)", show=False, priority=True),
        Binding("down", "recall(-1)", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    FilterBar { height: 3; display: none; }
    FilterBar.open { display: block; }
    FilterBar Input, FilterBar Input:focus { border: none; height: 1; padding: 0 0 0 1; }
    FilterBar Canvas { height: 2; }
    """
    if TYPE_CHECKING:
        app: Terminal

    class Applied(Message):
        """Use this filter; empty: none."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Leave the filter as it was."""

    def __init__(self) -> None:
        super().__init__(id="filterbar")
        self.offers: Offers | None = None
        self.words: list[str] = []
        self.place = -1  # of the offer taken; -1: none yet
        self.typed: tuple[str, int] = ("", 0)
        self.past: Sequence[str] = ()
        self.recalled = -1
        self.clock: Callable[[], int] = lambda: 0

    def compose(self) -> ComposeResult:
        """The line, and below it offers or the fault."""
        yield Input(placeholder="proto == tls and process == curl    (tab completes, esc leaves)")
        yield Canvas()

    def on_mount(self) -> None:
        """Only the line has the focus."""
        self.query_one(Canvas).can_focus = False

    def open(self, table: Table, text: str, past: Sequence[str], clock: Callable[[], int]) -> Offers:
        """Show it, with a filter to go on from; returns the offers, to be given values."""
        self.offers = Offers(table)
        self.past, self.recalled, self.place, self.clock = past, -1, -1, clock
        line = self.query_one(Input)
        line.value = text
        self.add_class("open")
        self.screen.set_focus(line)  # at once: the next key is for it
        line.cursor_position = len(text)
        self.call_after_refresh(self._hint)
        return self.offers

    def close(self) -> None:
        """Hide it."""
        self.remove_class("open")

    @on(Input.Changed)
    def changed(self, event: Input.Changed) -> None:
        """Other offers, another fault."""
        event.stop()
        if self.place < 0:
            self.typed = (event.value, self.query_one(Input).cursor_position)
        self._hint()

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Use it where nothing is wrong with it; else stay."""
        event.stop()
        if self.offers is None:
            return
        if fault(event.value, self.offers.table, now=self.clock()) is None:
            self.close()
            self.post_message(self.Applied(event.value.strip()))

    def action_leave(self) -> None:
        """Leave the filter as it was."""
        self.close()
        self.post_message(self.Left())

    def action_offer(self, step: int) -> None:
        """Take the next offer in the place of the word at the cursor."""
        line = self.query_one(Input)
        if self.place < 0:
            self.typed = (line.value, line.cursor_position)
            self.words = self._offered(*self.typed)
        if not self.words:
            return
        self.place = (self.place + step) % len(self.words)
        text, cursor = accepted(*self.typed, self.words[self.place])
        with self.prevent(Input.Changed):
            line.value = text
        line.cursor_position = cursor
        self._hint()

    def on_key(self) -> None:
        """Any other key ends going through the offers."""
        self.place = -1

    def action_recall(self, step: int) -> None:
        """An earlier filter."""
        if not self.past:
            return
        self.recalled = max(-1, min(len(self.past) - 1, self.recalled + step))
        line = self.query_one(Input)
        line.value = self.past[self.recalled] if self.recalled >= 0 else ""
        line.cursor_position = len(line.value)
        self.place = -1

    def _offered(self, text: str, cursor: int) -> list[str]:
        return self.offers.of(text, cursor) if self.offers else []

    def _hint(self) -> None:
        line, canvas = self.query_one(Input), self.query_one(Canvas)
        if self.offers is None:
            return
        words = self.words if self.place >= 0 else self._offered(line.value, line.cursor_position)
        wrong = fault(line.value, self.offers.table, now=self.clock())
        canvas.draw([self._caret(wrong), self._offer_line(words, canvas.size.width)])

    def _caret(self, wrong: FilterError | None) -> Ink:
        """A caret under the fault, and what it is. Written in the middle of a word, it is no fault yet."""
        if wrong is None:
            return ()
        line = self.query_one(Input)
        at = wrong.at - round(line.scroll_offset.x) + 1
        hint = f"  {wrong.hint}" if wrong.hint else ""
        caret = "^" * min(wrong.length, 40)
        return ((" " * max(0, at), "text"), (f"{caret} {wrong.message}", "bad"), (hint, "dim"))

    def _offer_line(self, words: Sequence[str], width: int) -> Ink:
        pieces: list[tuple[str, str]] = [(" ", "text")]
        start = max(0, self.place - 3)
        for number, word in enumerate(words[start:], start):
            if sum(len(text) for text, _ in pieces) + len(word) + 2 > width:
                break
            pieces.append((word, "cursor" if number == self.place else "accent"))
            pieces.append(("  ", "text"))
        return tuple(pieces)
