"""A table on the screen that draws only the lines that can be seen, and only those that changed.

It holds a page of rows, not all of them: with a million rows or ten, a key costs the same. What lies outside
of the page it asks for with ``Wanted``. Keys are those of vim and less.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from procwire.model.columns import Column
from procwire.tui import keys
from procwire.tui.page import Cell, Frame, Line, Page

if TYPE_CHECKING:
    from procwire.tui.app import Terminal

WHEEL = 3  # lines a turn
GUTTER = 3  # cells at the left: the cursor's place, a line's sign, and air


class Grid(Widget, can_focus=True):
    """Rows under a heading. ``describe`` is what it says where it has none."""

    DEFAULT_CSS = "Grid { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings(keys.ROWS)]

    if TYPE_CHECKING:
        app: Terminal

    class Opened(Message):
        """A line was chosen."""

        def __init__(self, line: Line) -> None:
            super().__init__()
            self.line = line

    class Ordered(Message):
        """Another order is wanted; of the same column again: the other way round."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class Wanted(Message):
        """Lines from ``first`` on are looked at and were not sent."""

        def __init__(self, first: int) -> None:
            super().__init__()
            self.first = first

    class Moved(Message):
        """The cursor stands elsewhere."""

    def __init__(self, *, id: str | None = None, describe: str = "") -> None:
        super().__init__(id=id)
        self.page = Page()
        self.frame = Frame()
        self.columns: Sequence[Column] = ()
        self.all_of = False
        self.order = ""
        self.descending = True
        self.cursor = 0
        self.top = 0
        self.describe = describe
        self.follow_key = True  # the cursor stays on its row where rows move
        self._drawn: tuple[object, ...] = ()

    # What is shown.

    def show(self, columns: Sequence[Column], page: Page, *, all_of: bool = False) -> bool:
        """Take a page; draws only where something that can be seen is another. Returns whether it did."""
        self._keep_cursor(page)
        names = [column.name for column in columns]
        if names != [column.name for column in self.columns]:
            self.frame.forget()
        self.columns, self.page, self.all_of = columns, page, all_of
        self._bound()
        return self._lay()

    def say(self, words: str) -> None:
        """Words in the place of rows, where there are none."""
        if words != self.describe:
            self.describe = words
            self.refresh()

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        return self.page.line(self.cursor)

    @property
    def rows_high(self) -> int:
        """Lines that there is room for."""
        return max(1, self.size.height - 1)

    def _keep_cursor(self, page: Page) -> None:
        line = self.line
        if line is None or not self.follow_key or self.cursor == 0:
            return
        found = page.find(line.key)
        if found is not None and found != self.cursor:
            self.top += found - self.cursor
            self.cursor = found

    def _bound(self) -> None:
        last = max(0, self.page.total - 1)
        self.cursor = max(0, min(self.cursor, last))
        self.top = max(0, min(self.top, self.page.total - self.rows_high))
        if self.cursor < self.top:
            self.top = self.cursor
        elif self.cursor >= self.top + self.rows_high:
            self.top = self.cursor - self.rows_high + 1

    def _visible(self) -> list[Line | None]:
        end = min(self.page.total, self.top + self.rows_high)
        return [self.page.line(index) for index in range(self.top, end)]

    def _lay(self, *, force: bool = False) -> bool:
        visible = self._visible()
        lines = [line for line in visible if line is not None]
        self.frame.lay(self.columns, lines, self._room, all_of=self.all_of)
        seen = (
            tuple(column.name for column in self.frame.shown), tuple(self.frame.widths), self.order,
            self.descending, self.cursor, self.top, self.page.total, self.size,
            tuple(line and (line.key, line.gutter, line.title, line.lead, line.role, line.values)
                  for line in visible),
        )  # fmt: skip
        if seen == self._drawn and not force:
            return False
        self._drawn = seen
        self.refresh()
        return True

    @property
    def _room(self) -> int:
        return max(1, self.size.width - GUTTER - 1)

    def on_resize(self) -> None:
        """Another size: other columns fit."""
        self.frame.forget()
        self._bound()
        self._lay(force=True)
        self._ask()

    # Drawing.

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        roles = self.app.roles
        width = self.size.width
        if y == 0:
            heads = self.frame.headings(
                self.order, descending=self.descending, ascii_only=self.app.ascii_only
            )
            return self._strip(" " * GUTTER, heads, "head")
        index = self.top + y - 1
        if self.page.total == 0:
            return self._empty(y, width)
        if index >= self.page.total:
            return Strip([Segment(" " * width, roles["text"])], width)
        line = self.page.line(index)
        under = index == self.cursor
        if line is None:
            return self._strip(" " * GUTTER, [("…", 1, "dim")], "text")
        pointer = ">" if under and (self.app.ascii_only or not self.has_focus) else " "
        gutter = f"{pointer}{line.gutter} "
        found = self.frame.cells(line)
        if under:
            found = [(text, size, "cursor") for text, size, _ in found]
        return self._strip(gutter, found, "cursor" if under else line.role or "text", index)

    def _strip(self, gutter: str, found: Sequence[Cell], role: str, index: int = -1) -> Strip:
        styles, width = self.app.roles, self.size.width
        fill = styles[role]
        segments = [Segment(gutter, fill)]
        used = GUTTER
        for place, (text, size, own) in enumerate(found):
            if place:
                segments.append(Segment(" ", fill))
                used += 1
            segments.append(Segment(text, styles[own or role]))
            used += size
        segments.append(Segment(" " * max(0, width - used - 1), fill))
        segments.append(self._bar(index))
        return Strip(segments).crop(0, width)

    def _bar(self, index: int) -> Segment:
        """The last cell: where in the whole the page is."""
        styles = self.app.roles
        high = self.rows_high
        if index < 0:
            more = ">" if self.frame.hidden else " "
            return Segment(more, styles["head"])
        if self.page.total <= high:
            return Segment(" ", styles["text"])
        size = max(1, high * high // self.page.total)
        start = round(self.top / max(1, self.page.total - high) * (high - size))
        on = start <= index - self.top < start + size
        signs = ("#", "|") if self.app.ascii_only else ("┃", "│")
        return Segment(signs[0 if on else 1], styles["accent" if on else "line"])

    def _empty(self, y: int, width: int) -> Strip:
        from procwire.tui.cells import fit

        lines = self.describe.splitlines() or ["nothing here"]
        text = lines[y - 2] if 0 <= y - 2 < len(lines) else ""
        return Strip([Segment(fit(f"   {text}", width), self.app.roles["dim"])], width)

    # Moving.

    def _move_to(self, cursor: int) -> None:
        before, top = self.cursor, self.top
        self.cursor = cursor
        self._bound()
        if self.top != top:
            self._lay(force=True)
        elif self.cursor != before:
            for index in (before, self.cursor):
                self.refresh(Region(0, index - self.top + 1, self.size.width, 1))
        if self.cursor != before:
            self.post_message(self.Moved())
        self._ask()

    def _ask(self) -> None:
        """For lines that are looked at, or will be with the next page, and are not here."""
        page, high = self.page, self.rows_high
        end = min(page.total, self.top + 2 * high)
        missing = self.top < page.first or end > page.first + len(page.lines)
        if page.total and missing:
            self.post_message(self.Wanted(max(0, self.top - high)))

    def action_move(self, lines: int) -> None:
        """The cursor by so many lines."""
        self._move_to(self.cursor + lines)

    def action_page(self, pages: float) -> None:
        """The cursor by so many pages."""
        self.top += int(pages * self.rows_high)
        self._move_to(self.cursor + int(pages * self.rows_high))

    def action_top(self) -> None:
        """The cursor to the first line."""
        self._move_to(0)

    def action_bottom(self) -> None:
        """The cursor to the last line."""
        self._move_to(self.page.total - 1)

    def action_side(self, columns: int) -> None:
        """Columns into view that there was no room for."""
        if columns > 0 and not self.frame.hidden and not self.all_of:
            return
        self.frame.left = max(0, min(len(self.columns) - 1, self.frame.left + columns))
        self._lay(force=True)

    def action_open(self) -> None:
        """Open the line under the cursor."""
        if self.line is not None:
            self.post_message(self.Opened(self.line))

    def action_order_next(self, step: int) -> None:
        """Order by the next column that is shown."""
        names = [column.name for column in self.frame.shown]
        if not names:
            return
        place = names.index(self.order) + step if self.order in names else 0
        self.post_message(self.Ordered(names[place % len(names)]))

    def action_reverse(self) -> None:
        """The same order the other way round."""
        if self.order:
            self.post_message(self.Ordered(self.order))

    def action_copy_cell(self) -> None:
        """What the line is about, to the clipboard."""
        if self.line is not None:
            key = self.line.key
            first = key[0] if isinstance(key, tuple) and key else key
            self.app.copy_text(str(first))

    def action_copy_row(self) -> None:
        """The line as JSON, to the clipboard."""
        if self.line is not None:
            self.app.copy_values(self.line.values)

    def place_cursor(self, key: Hashable) -> bool:
        """The cursor onto the line with this key, where it is on the page."""
        found = self.page.find(key)
        if found is not None:
            self._move_to(found)
        return found is not None

    def on_focus(self) -> None:
        """The cursor looks another way."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor looks another way."""
        self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel."""
        event.stop()
        self.top += WHEEL
        self._move_to(max(self.cursor, self.top))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel."""
        event.stop()
        self.top = max(0, self.top - WHEEL)
        self._move_to(min(self.cursor, self.top + self.rows_high - 1))

    def on_click(self, event: events.Click) -> None:
        """On a heading: order by it. On a line: the cursor; twice: open."""
        if event.y == 0:
            column = self.frame.column_at(event.x - GUTTER)
            if column is not None:
                self.post_message(self.Ordered(column.name))
            return
        index = self.top + event.y - 1
        if event.x == self.size.width - 1 and self.page.total > self.rows_high:
            self.top = round((event.y - 1) / self.rows_high * self.page.total)
            self._move_to(self.top)
        elif index < self.page.total:
            self._move_to(index)
            if event.chain == 2:
                self.action_open()
