"""Text in columns of a fixed width on a terminal: wide characters count two, what is too long is cut."""

from __future__ import annotations

import unicodedata

CUT = "…"


def width_of(text: str) -> int:
    """Terminal cells of text that ``model.values.clean`` has made safe."""
    if text.isascii():
        return len(text)
    return sum(_cells(letter) for letter in text)


def _cells(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cut(text: str, width: int) -> str:
    """At most ``width`` cells, the last one ``…`` where something was cut off."""
    if width <= 0:
        return ""
    if width_of(text) <= width:
        return text
    kept, used = [], 0
    for letter in text:
        cells = _cells(letter)
        if used + cells > width - 1:
            break
        kept.append(letter)
        used += cells
    return "".join(kept) + CUT


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Exactly ``width`` cells: cut or filled with spaces."""
    text = cut(text, width)
    space = " " * (width - width_of(text))
    return space + text if right else text + space


def widths(wanted: list[int], least: list[int], total: int) -> list[int]:
    """Column widths that share ``total`` cells: the widest give way first, none below its least.

    ``total`` 0 is no bound. Two cells between columns are part of ``total``.
    """
    out = list(wanted)
    over = sum(out) + 2 * (len(out) - 1) - total if total else 0
    while over > 0:
        spare = [(width - low, place) for place, (width, low) in enumerate(zip(out, least, strict=True))]
        most, place = max(spare)
        if most <= 0:
            break
        wide = sorted((out[p] for s, p in spare if s > 0), reverse=True)
        step = max(1, min(over, most, out[place] - wide[1] if len(wide) > 1 else most))
        out[place] -= step
        over -= step
    return out
