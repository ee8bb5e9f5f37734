"""A list to choose from, with a line to narrow it: commands, columns, orders, themes, tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from procwire.tui.canvas import Canvas, Ink
from procwire.tui.cells import fit

if TYPE_CHECKING:
    from procwire.tui.app import Terminal


AROUND = 4  # lines of a box that are not choices: its border, the line to type on, what keys do
MAX_SHORT = 16  # choices that are seen at once
STEPS = {"j": 1, "k": -1}


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One line: what is returned, what it is called, and a few words on it."""

    value: str
    name: str
    words: str = ""


class Line(Input):
    """What is typed to narrow a list; it gets each key before the list does."""

    def on_key(self, event: events.Key) -> None:
        """Some keys are the list's."""
        if isinstance(self.screen, Picker):
            self.screen.walked(event, self)


class Picker(ModalScreen[list[str] | None]):
    """Choose one, or with ``several`` any number in an order. Returns their values; None where given up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "leave", show=False),
        Binding("down,ctrl+n,ctrl+j", "step(1)", show=False, priority=True),
        Binding("up,ctrl+p,ctrl+k", "step(-1)", show=False, priority=True),
        Binding("pagedown", "step(10)", show=False, priority=True),
        Binding("pageup", "step(-10)", show=False, priority=True),
        Binding("tab", "switch", show=False, priority=True),
        Binding("shift+up", "shift(-1)", show=False, priority=True),
        Binding("shift+down", "shift(1)", show=False, priority=True),
    ]
    CSS = """
    Picker { align: center top; }
    Picker > Vertical { width: 76; max-width: 96%; max-height: 80%; margin-top: 1; border: round $accent; }
    Picker Input, Picker Input:focus { border: none; height: 1; padding: 0 1; }
    Picker Static { height: 1; padding: 0 1; color: $text-muted; }
    """
    if TYPE_CHECKING:
        app: Terminal

    def __init__(
        self, title: str, choices: Sequence[Choice], *, chosen: Sequence[str] = (), several: bool = False
    ) -> None:
        super().__init__()
        self.heading = title
        self.choices = list(choices)
        self.several = several
        self.chosen = list(chosen)
        self.place = 0
        self.found = self._arranged(self.choices)
        if not several and chosen:
            self.place = next((n for n, each in enumerate(self.found) if each.value == chosen[0]), 0)

    def _arranged(self, choices: Sequence[Choice]) -> list[Choice]:
        """With several: the chosen ones first, in their order."""
        if not self.several:
            return list(choices)
        order = {value: place for place, value in enumerate(self.chosen)}
        return sorted(choices, key=lambda each: order.get(each.value, len(order)))

    def compose(self) -> ComposeResult:
        """The line, the list, and what keys do."""
        with Vertical() as box:
            box.border_title = self.heading
            box.styles.height = len(self.choices) + AROUND
            yield Line(placeholder="type to narrow")
            yield Canvas(id="choices")
            help_words = "enter: done   tab, space: on or off   shift+arrows: move   esc: leave as it was"
            moves = "j k or arrows: move" if self._short else "arrows or ^n ^p: move"
            yield Static(
                help_words if self.several else f"{moves}   enter: choose   esc: leave", markup=False
            )

    def on_mount(self) -> None:
        """Typing goes to the line."""
        self.query_one(Canvas).can_focus = False
        self.query_one(Input).focus()
        self.call_after_refresh(self._paint)

    def on_resize(self) -> None:
        """Another width."""
        self.call_after_refresh(self._paint)

    def on_key(self, event: events.Key) -> None:
        """What is typed before the line has the keys."""
        line = self.query_one(Input)
        if line.has_focus or self.walked(event, line):
            return
        if event.key == "enter":
            event.stop()
            self.call_later(line.action_submit)
        elif event.is_printable and event.character:
            event.stop()
            line.insert_text_at_cursor(event.character)

    def walked(self, event: events.Key, line: Input) -> bool:
        """Until something is typed: j and k move in a short list as elsewhere, space is on or off."""
        if self.several and not line.value and event.key == "space":
            event.stop()
            event.prevent_default()
            self.action_switch()
            return True
        if not self._short or line.value or event.key not in STEPS:
            return False
        event.stop()
        event.prevent_default()
        self.action_step(STEPS[event.key])
        return True

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Those whose name or words hold every word that was typed."""
        event.stop()
        words = event.value.lower().split()
        fitting = [
            each for each in self.choices
            if all(word in f"{each.name} {each.words}".lower() for word in words)
        ]  # fmt: skip
        first = event.value.lower()
        self.found = sorted(self._arranged(fitting), key=lambda each: not each.name.lower().startswith(first))
        self.place = 0
        self._paint()

    @on(Input.Submitted)
    def done(self, event: Input.Submitted) -> None:
        """Return what is chosen."""
        event.stop()
        if self.several:
            self.dismiss(self.chosen)
        elif self.found:
            self.dismiss([self.found[self.place].value])

    def action_leave(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

    @property
    def _short(self) -> bool:
        """Whether nobody needs to narrow it, so that its first letter may be a key."""
        return not self.several and len(self.choices) <= MAX_SHORT

    def action_step(self, lines: int) -> None:
        """The cursor by lines."""
        self.place = max(0, min(len(self.found) - 1, self.place + lines))
        self._paint()

    def action_switch(self) -> None:
        """On or off."""
        if not self.several or not self.found:
            return
        value = self.found[self.place].value
        if value in self.chosen:
            self.chosen.remove(value)
        else:
            self.chosen.append(value)
        self._paint()

    def action_shift(self, step: int) -> None:
        """A chosen one further to the front or the back."""
        if not self.several or not self.found:
            return
        value = self.found[self.place].value
        if value not in self.chosen:
            return
        here = self.chosen.index(value)
        there = max(0, min(len(self.chosen) - 1, here + step))
        self.chosen.insert(there, self.chosen.pop(here))
        self.found = self._arranged(self.found)
        self.place = next(n for n, each in enumerate(self.found) if each.value == value)
        self._paint()

    def on_click(self, event: events.Click) -> None:
        """A click chooses."""
        canvas = self.query_one(Canvas)
        if event.widget is not canvas:
            return
        place = canvas.top + event.y
        if 0 <= place < len(self.found):
            self.place = place
            if self.several:
                self.action_switch()
            else:
                self.dismiss([self.found[place].value])

    def _paint(self) -> None:
        canvas = self.query_one(Canvas)
        wide = max((len(each.name) for each in self.found), default=0)
        lines = [self._line(n, each, wide, canvas.size.width) for n, each in enumerate(self.found)]
        canvas.draw(lines or [(("nothing is called that", "dim"),)])
        if self.place < canvas.top or self.place >= canvas.top + canvas.size.height:
            canvas.action_move(self.place - canvas.top - (canvas.size.height // 2))

    def _line(self, number: int, each: Choice, wide: int, width: int) -> Ink:
        under = number == self.place
        box = ""
        if self.several:
            box = "[x] " if each.value in self.chosen else "[ ] "
        name = fit(f"{'>' if under else ' '}{box}{each.name}", min(wide + len(box) + 1, width))
        rest = fit(f"  {each.words}", max(0, width - len(name)))
        return ((name, "cursor" if under else "title"), (rest, "cursor" if under else "dim"))
