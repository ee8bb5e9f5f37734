"""Lines of styled text on the screen, painted by a function; scrolls, and redraws only lines that changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from procwire.tui import keys

if TYPE_CHECKING:
    from procwire.tui.app import Terminal

WHEEL = 3
Piece = tuple[str, str]  # text, role
Piece3 = tuple[str, str, str]  # text, role, and the action that a click on it runs
Ink = Sequence[Piece | Piece3]  # one line


class Canvas(Widget, can_focus=True):
    """Painted lines. ``draw`` takes new ones."""

    DEFAULT_CSS = "Canvas { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.MOVING)]

    if TYPE_CHECKING:
        app: Terminal

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: list[Ink] = []
        self.top = 0

    def draw(self, lines: Sequence[Ink]) -> int:
        """Take lines; returns how many of those that can be seen are others than before."""
        old = self.lines
        self.lines = list(lines)
        self._bound()
        changed = 0
        if not self.size.height and self.lines != old:  # not seen just now: all of it is stale when it is
            self.refresh()
        for y in range(self.size.height):
            index = self.top + y
            before = old[index] if index < len(old) else None
            now = self.lines[index] if index < len(self.lines) else None
            if before != now:
                changed += 1
                self.refresh(Region(0, y, self.size.width, 1))
        return changed

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        roles = self.app.roles
        width = self.size.width
        index = self.top + y
        pieces = self.lines[index] if index < len(self.lines) else ()
        segments: list[Segment] = []
        used = 0
        for piece in pieces:
            style = roles[piece[1] or "text"]
            if len(piece) == 3:
                style += Style(meta={"@click": piece[2]})
            segments.append(Segment(piece[0], style))
            used += cell_len(piece[0])
        segments.append(Segment(" " * max(0, width - used), roles["text"]))
        return Strip(segments).crop(0, width)

    def _bound(self) -> None:
        self.top = max(0, min(self.top, len(self.lines) - self.size.height))

    def _scroll(self, lines: int) -> None:
        before = self.top
        self.top += lines
        self._bound()
        if self.top != before:
            self.refresh()

    def action_move(self, lines: int) -> None:
        """By lines."""
        self._scroll(lines)

    def action_page(self, pages: float) -> None:
        """By pages."""
        self._scroll(int(pages * self.size.height))

    def action_top(self) -> None:
        """To the first line."""
        self._scroll(-len(self.lines))

    def action_bottom(self) -> None:
        """To the last line."""
        self._scroll(len(self.lines))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        event.stop()
        self._scroll(WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        event.stop()
        self._scroll(-WHEEL)


def rule(title: str, width: int, *, ascii_only: bool) -> Ink:
    """A line across, with a title in it."""
    dash = "-" if ascii_only else "─"
    return (
        (f"{dash}{dash} ", "line"),
        (title, "title"),
        (" " + dash * max(0, width - len(title) - 4), "line"),
    )
