"""Keys, declared once: what they are called, what they do, and how help names them.

Bindings, the line of keys at the bottom, the help screen and the command palette are made from these.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from textual.binding import Binding

NAMES = {
    "question_mark": "?", "slash": "/", "colon": ":", "less_than_sign": "<", "greater_than_sign": ">",
    "left_square_bracket": "[", "right_square_bracket": "]", "left_curly_bracket": "{",
    "right_curly_bracket": "}", "escape": "esc", "plus": "+", "minus": "-", "dollar_sign": "$",
    "circumflex_accent": "^",
}  # fmt: skip


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that keys do. ``short``: its name in the line of keys; empty where it is not shown there.

    ``palette``: whether it is offered by name too (moving about is not).
    """

    keys: tuple[str, ...]
    action: str
    words: str
    short: str = ""
    palette: bool = True

    @property
    def named(self) -> str:
        """The keys as people write them."""
        return " ".join(name_of(key) for key in self.keys)


def name_of(key: str) -> str:
    """A key as people write it: ``ctrl+d`` as ``^d``."""
    if key.startswith("ctrl+"):
        return f"^{key.removeprefix('ctrl+')}"
    return NAMES.get(key, key)


def bindings(keys: Iterable[Key]) -> list[Binding]:
    """What Textual is told."""
    return [Binding(",".join(key.keys), key.action, key.words, show=False) for key in keys]


MOVING = (
    Key(keys=("j", "down"), action="move(1)", words="down a line", palette=False),
    Key(keys=("k", "up"), action="move(-1)", words="up a line", palette=False),
    Key(keys=("ctrl+d",), action="page(0.5)", words="down half a page", palette=False),
    Key(keys=("ctrl+u",), action="page(-0.5)", words="up half a page", palette=False),
    Key(keys=("ctrl+f", "pagedown", "f"), action="page(1)", words="down a page", palette=False),
    Key(keys=("ctrl+b", "pageup", "b"), action="page(-1)", words="up a page", palette=False),
    Key(keys=("g", "home"), action="top", words="to the first line", palette=False),
    Key(keys=("G", "end"), action="bottom", words="to the last line", palette=False),
)

ROWS = (
    *MOVING,
    Key(keys=("h", "left"), action="side(-1)", words="columns to the left", palette=False),
    Key(keys=("l", "right"), action="side(1)", words="columns to the right", palette=False),
    Key(keys=("enter",), action="open", words="open what is under the cursor", short="open", palette=False),
    Key(keys=("less_than_sign",), action="order_next(-1)", words="order by the column to the left"),
    Key(keys=("greater_than_sign",), action="order_next(1)", words="order by the column to the right"),
    Key(keys=("r",), action="reverse", words="turn the order round"),
    Key(keys=("y",), action="copy_cell", words="copy what the row is about"),
    Key(keys=("Y",), action="copy_row", words="copy the row as JSON", short="copy"),
)

GLOBAL = (
    Key(keys=("question_mark", "f1"), action="help", words="help on this screen", short="help"),
    Key(keys=("colon", "ctrl+p"), action="palette", words="all commands by name", short="commands"),
    Key(keys=("q",), action="back", words="back; from a first screen: quit", short="back"),
    Key(keys=("Q", "ctrl+q", "ctrl+c"), action="quit", words="quit"),
    Key(keys=("tab",), action="next_view(1)", words="next screen", palette=False),
    Key(keys=("shift+tab",), action="next_view(-1)", words="previous screen", palette=False),
    Key(keys=("space", "p"), action="pause", words="hold the picture; nothing is lost meanwhile",
        short="pause"),
    Key(keys=("T",), action="theme", words="choose colours"),
    Key(keys=("ctrl+l",), action="redraw", words="draw everything anew"),
)  # fmt: skip

TIME = (
    Key(keys=("left_square_bracket",), action="wind(-1)", words="recording: a step back", short="earlier"),
    Key(keys=("right_square_bracket",), action="wind(1)", words="recording: a step on", short="later"),
    Key(keys=("left_curly_bracket",), action="wind(-10)", words="recording: ten steps back"),
    Key(keys=("right_curly_bracket",), action="wind(10)", words="recording: ten steps on"),
)


def of(rows: bool, *, timed: bool) -> tuple[Key, ...]:
    """The keys that move about: in rows or in a text, and in time."""
    return (*(ROWS if rows else MOVING), *(TIME if timed else ()))


def clickable(keys: Iterable[Key]) -> list[tuple[str, str, str]]:
    """Key, short name and action of those that the line of keys shows; a click is as good as the key."""
    return [(name_of(key.keys[0]), key.short, f"app.press('{key.keys[0]}')") for key in keys if key.short]
