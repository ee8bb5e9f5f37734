"""The lines around a screen: tabs above, status and keys below. Painted by functions from what is known."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from rich.cells import cell_len

from procwire.model.values import human_size, human_time, several
from procwire.tui.canvas import Ink, Piece, Piece3
from procwire.tui.cells import fit
from procwire.tui.host import Health

SPACE = 1
TITLE = 32  # cells of what is looked at; the counts behind it matter more


def tabs(names: Sequence[tuple[str, str, str, str]], current: str, width: int) -> Ink:
    """Screens with their keys: name, key, title, short title. Titles are shortened where they do not fit."""
    full = [(name, key, title) for name, key, title, _ in names]
    short = [(name, key, title if name == current else brief) for name, key, title, brief in names]
    brief = [(name, key, brief) for name, key, _, brief in names]
    tiny = [(name, key, title if name == current else "") for name, key, title, _ in names]
    for chosen in (full, short, brief, tiny):
        if sum(_wide(key, title) for _, key, title in chosen) <= width:
            break
    pieces: list[Piece | Piece3] = []
    used = 0
    for name, key, title in chosen:
        action = f"app.go('{name}')"
        text = f"{key} {title}" if title else key
        pieces.append((f"{text} ", "tab" if name == current else "bar", action))
        used += _wide(key, title)
    pieces.append((" " * max(0, width - used), "bar"))
    return tuple(pieces)


def _wide(key: str, title: str) -> int:
    return len(key) + (len(title) + 1 if title else 0) + SPACE


def footer(shown: Sequence[tuple[str, str, str]], width: int) -> Ink:
    """Keys with what they do, as many as fit: key, words, action."""
    pieces: list[Piece | Piece3] = []
    used = 0
    for key, words, action in shown:
        wide = len(key) + len(words) + 3
        if used + wide > width:
            break
        pieces += [(f" {key} ", "key", action), (f"{words}", "bar", action)]
        used += wide - 1
        pieces.append((" ", "bar"))
        used += 1
    pieces.append((" " * max(0, width - used), "bar"))
    return tuple(pieces)


def parted(text: str, width: int) -> list[str]:
    """Words that are too long to stand behind the title, as the lines they need; none where they fit."""
    if cell_len(text) + TITLE + 4 <= width:
        return []
    return textwrap.wrap(text, max(20, width - 2))


def below(said: Piece | None, shown: Sequence[tuple[str, str, str]], width: int) -> Ink:
    """The last line: keys; the rest of the last words said, where they did not fit into the line above."""
    rest = parted(said[0], width)[1:] if said is not None else []
    if said is None or not rest:
        return footer(shown, width)
    return ((f" {fit(' '.join(rest), width - 2)}", said[1]),)


def status(
    title: str, health: Health | None, said: Piece | None, width: int, *, paused: str, when: str
) -> Ink:
    """One line on the run: what is watched, what was seen, what was lost; or the last words said."""
    title = fit(title, TITLE).rstrip()
    if said is not None and (alone := parted(said[0], width)):
        return ((f" {alone[0]}", said[1]),)
    left: list[Piece] = [(f" {title} ", "title")]
    if paused:
        left.append((f" {paused} ", "lit"))
    if when:
        left.append((f" {when} ", "accent"))
    if said is not None:
        left.append((f" {said[0]}", said[1]))
    elif health is not None:
        left += _counts(health)
    used = sum(cell_len(text) for text, _ in left)
    clock = f"{human_time(health.now)[:8]} UTC " if health is not None and health.now else ""
    room = width - used - len(clock)
    if room < 0:
        return tuple(left)
    return (*left, (" " * room, "text"), (clock, "dim"))


def open_of(health: Health) -> str:
    """How many flows go on, of how many there were."""
    return f"{several(health.open_flows, 'flow')} open, {health.flows:,} in all"


def _counts(health: Health) -> list[Piece]:
    pieces: list[Piece] = [
        (f" {open_of(health)}", "text"),
    ]
    lost = sum(health.drops.values())
    if lost:
        worst = ", ".join(f"{count:,} {place}" for place, count in health.drops.items() if count)
        pieces.append((f"  lost: {worst}", "bad"))
    else:
        pieces.append(("  nothing lost", "good"))
    return [*pieces, (f"  {health.packets:,} packets {human_size(health.bytes)}", "dim")]
