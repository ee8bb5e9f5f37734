"""All that can be done, by name: made from the keys, the screens and the themes.

What another screen does is offered last: it leads there and says the key, since a row must be chosen first.
"""

from __future__ import annotations

from procwire.tui import keys, palette
from procwire.tui.grid import Grid
from procwire.tui.picker import Choice
from procwire.tui.registry import SCREENS
from procwire.tui.view import View
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY

EVERYWHERE = (FILTER_KEY, ORDER_KEY, COLUMNS_KEY)


def commands(view: View) -> list[tuple[Choice, str]]:
    """Choices whose value says where an action belongs and what it is called; and their keys."""
    found = [(_choice("view", key.action, key.words, key.named), key.named) for key in view.KEYS]
    if isinstance(view.target(), Grid):
        found += [
            (_choice("target", key.action, key.words, key.named), key.named)
            for key in keys.ROWS
            if key.palette
        ]
    found += [
        (_choice("app", f"go('{entry.name}')", f"go to {entry.title}", entry.key), entry.key)
        for entry in SCREENS
    ]
    found += [
        (_choice("app", key.action, key.words, key.named), key.named)
        for key in (*keys.GLOBAL, *keys.TIME)
        if key.palette
    ]
    found += [
        (_choice("app", f"look('{name}')", f"colours: {name}", palette.DOCS[name]), "")
        for name in palette.NAMES
    ]
    found += [
        (
            _choice(
                "app",
                f"go({entry.name!r}, {f'{key.named}: {key.words}'!r})",
                f"{entry.title}: {key.words}",
                f"{entry.key} {key.named}",
            ),
            "",
        )
        for entry in SCREENS
        if entry.name != view.NAME
        for key in entry.view().KEYS
        if key not in EVERYWHERE
    ]
    return found


def _choice(place: str, action: str, words: str, key: str) -> Choice:
    return Choice(value=f"{place} {action}", name=words, words=key)
