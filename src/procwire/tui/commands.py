"""All that can be done just now, by name: made from the keys, the screens and the themes."""

from __future__ import annotations

from procwire.tui import keys, palette
from procwire.tui.grid import Grid
from procwire.tui.picker import Choice
from procwire.tui.registry import SCREENS
from procwire.tui.view import View


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
    return found


def _choice(place: str, action: str, words: str, key: str) -> Choice:
    return Choice(value=f"{place} {action}", name=words, words=key)
