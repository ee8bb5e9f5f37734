"""Help on a screen, made from what is declared: its words, its keys, its columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from procwire.model.columns import Table
from procwire.tui import keys
from procwire.tui.canvas import Canvas, Ink
from procwire.tui.keys import Key
from procwire.tui.registry import SCREENS
from procwire.tui.view import View

if TYPE_CHECKING:
    from procwire.tui.app import Terminal

FILTERS = (
    ("curl", "any row in which a column that is searched says curl"),
    ("proto == tls and process == curl", "both"),
    ("dst in 10.0.0.0/8 or dst_port == 443", "either"),
    ("bytes > 1MB and duration > 1m30s", "sizes and spans with their units"),
    ('sni ~ "example\\.com$"', "a regular expression"),
    ("not (owner_confidence == exact)", "not so, or not known"),
)


class Help(ModalScreen[None]):
    """Over everything; any of q, esc and ? leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1,enter,ctrl+c", "app.pop_screen", show=False)
    ]
    CSS = """
    Help { align: center middle; }
    Help > Vertical { width: 96%; max-width: 110; height: 92%; border: round $accent; padding: 0 1; }
    """
    if TYPE_CHECKING:
        app: Terminal

    def __init__(self, view: View) -> None:
        super().__init__()
        self.subject = view

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        with Vertical() as box:
            box.border_title = f"help: {self.subject.TITLE}"
            box.border_subtitle = "j k scroll   q leaves"
            yield Canvas()

    def on_mount(self) -> None:
        """The keys scroll it."""
        self.query_one(Canvas).focus()
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """Another width."""
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        canvas = self.query_one(Canvas)
        canvas.draw(text(self.subject, max(20, canvas.size.width)))


def text(view: View, width: int) -> list[Ink]:
    """The whole help on a screen."""
    lines: list[Ink] = [((line, "text"),) for line in textwrap.wrap(view.DOC, width)]
    lines += _keys(f"{view.TITLE}", view.KEYS, width)
    lines += _keys("rows", keys.ROWS, width)
    lines += _keys("everywhere", keys.GLOBAL, width)
    lines += _keys("recordings", keys.TIME, width)
    screens = [Key(keys=(each.key,), action="", words=each.title) for each in SCREENS]
    lines += _keys("screens", screens, width)
    table = view.table()
    if table is not None:
        lines += _filters(width)
        lines += _columns(table, width)
    return lines


def _keys(title: str, found: Iterable[Key], width: int) -> list[Ink]:
    lines: list[Ink] = [(), ((title, "accent"),)]
    for key in found:
        lines += _entry(key.named, key.words, 22, width)
    return lines if len(lines) > 2 else []


def _filters(width: int) -> list[Ink]:
    lines: list[Ink] = [(), (("filters", "accent"),)]
    for example, words in FILTERS:
        lines += _entry(example, words, 40, width)
    return lines


def _columns(table: Table, width: int) -> list[Ink]:
    lines: list[Ink] = [(), ((f"columns of {table.name}", "accent"),)]
    for column in table:
        lines += _entry(column.name, column.doc, 22, width)
    return lines


def _entry(name: str, words: str, wide: int, width: int) -> list[Ink]:
    """A name and words beside it, or below it where there is no room."""
    room = width - wide - 3
    if room < 20:
        return [
            ((f"  {name}", "title"),),
            *(((f"    {line}", "text"),) for line in textwrap.wrap(words, width - 4)),
        ]
    wrapped = textwrap.wrap(words, room) or [""]
    first: Ink = ((f"  {name:<{wide}} ", "title"), (wrapped[0], "text"))
    return [first, *(((" " * (wide + 3) + line, "text"),) for line in wrapped[1:])]
