"""Charts out of characters: lines of blocks, or of ASCII where a terminal has no others.

Pure: numbers in, text out. A value that is not known leaves a hole, it is not drawn as nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.-=+*#@"
FULL, ASCII_FULL = "█", "#"
EIGHTHS = " ▏▎▍▌▋▊▉█"


def spark(values: Sequence[float | None], width: int, *, ascii_only: bool = False, top: float = 0.0) -> str:
    """The last ``width`` values as one line, scaled to the largest, or to ``top`` where that is larger."""
    steps = ASCII if ascii_only else BLOCKS
    shown = list(values)[-width:] if width > 0 else []
    highest = max([top, *(value for value in shown if value is not None)], default=0.0)
    line = "".join(_step(value, highest, steps) for value in shown)
    return line.rjust(max(width, 0))


def _step(value: float | None, highest: float, steps: str) -> str:
    if value is None:
        return " "
    if highest <= 0 or value <= 0:
        return steps[0]
    return steps[min(len(steps) - 1, int(value / highest * len(steps)))]


def area(
    values: Sequence[float | None], width: int, height: int, *, ascii_only: bool = False, top: float = 0.0
) -> list[str]:
    """The last ``width`` values as ``height`` lines of filled columns, the highest line first."""
    steps = ASCII if ascii_only else BLOCKS
    shown = list(values)[-width:]
    highest = max([top, *(value for value in shown if value is not None)], default=0.0) or 1.0
    filled = [None if value is None else value / highest * height for value in shown]
    lines = []
    for line in range(height, 0, -1):
        cells = [" " if level is None else _cell(level - (line - 1), steps, line == 1) for level in filled]
        lines.append("".join(cells).rjust(width))
    return lines


def _cell(level: float, steps: str, lowest: bool) -> str:
    if level <= 0:
        return steps[0] if lowest else " "
    return steps[min(len(steps) - 1, int(level * len(steps)))]


def bar(share: float, width: int, *, ascii_only: bool = False) -> str:
    """A bar that fills ``share`` (0 to 1) of ``width`` cells."""
    share = min(1.0, max(0.0, share))
    if ascii_only:
        return (ASCII_FULL * round(share * width)).ljust(width, ".")
    eighths = round(share * width * 8)
    full, rest = divmod(eighths, 8)
    return (FULL * full + (EIGHTHS[rest] if rest else "")).ljust(width)
