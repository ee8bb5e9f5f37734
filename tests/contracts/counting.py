"""How many steps each protocol's parser takes for how much: lines of Python executed, counted, not timed.

Run in a tree without compiled modules, so that every loop is made of lines. For each protocol, in two ways:
its longest dialogue over and over, and its first message byte by byte with its last byte without end; with so
many pieces, then with FOLD times as many. Writes JSON: name and way -> pieces taken and lines, for both.

A line touches at most what a parser holds and the piece, which is bounded by the memory law: so lines that
grow with the data alone are work that does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from procwire.dpi import contract
from procwire.dpi.registry import modules
from tests.dpi.samples import Dialogue, dialogues

FOLD = 8
STEEP = 1.5  # lines may grow so much faster than pieces; those of quadratic work grow FOLD times as fast
PIECES = 48  # a whole dialogue and more of most
ROOM = contract.__file__.removesuffix("contract.py")

Step = tuple[Any, bytes]


def repeated(dialogue: Dialogue, count: int) -> Iterator[Step]:
    """The dialogue again and again."""
    for number in range(count):
        yield dialogue.steps[number % len(dialogue.steps)]


def dripped(dialogue: Dialogue, count: int) -> Iterator[Step]:
    """The first message byte by byte, then the last of its bytes without end."""
    side, data = dialogue.steps[0]
    for number in range(count):
        at = min(number, len(data) - 1)
        yield side, data[at : at + 1]


class Lines:
    """Counts lines of files that begin with ``room`` while it is entered."""

    def __init__(self, room: str) -> None:
        self.count = 0
        self._room = room

    def __enter__(self) -> Lines:
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, event: str, _: Any) -> Any:
        return self._line if frame.f_code.co_filename.startswith(self._room) else None

    def _line(self, frame: FrameType, event: str, _: Any) -> Any:
        self.count += event == "line"
        return self._line


def counted(parser: Any, steps: Iterator[Step], room: str = ROOM) -> tuple[int, int]:
    """(pieces taken, lines)."""
    sated, taken = set[Any](), 0
    with Lines(room) as lines:
        try:
            for side, data in steps:
                if side in sated:
                    continue
                for _ in parser.feed(side, data, now=taken):
                    pass
                taken += 1
                if parser.skip(side) >= contract.ENOUGH:
                    sated.add(side)
        except contract.ProtocolError:
            pass
    return taken, lines.count


def steep(pieces: int, lines: int, more_pieces: int, more_lines: int) -> bool:
    """Whether work grows faster than the data."""
    return more_lines * max(pieces, 1) > STEEP * lines * max(more_pieces, 1)


def main() -> None:
    """Count all."""
    assert contract.__file__.endswith(".py")
    found = {}
    for module in modules():
        longest = max(dialogues(module.NAME), key=lambda one: sum(len(data) for _, data in one.steps))
        ways = (
            {"repeated": repeated, "dripped": dripped}
            if longest.transport == "tcp"
            else {"repeated": repeated}
        )
        for way, steps in ways.items():
            count = max(PIECES, len(longest.steps)) if way == "repeated" else PIECES * 4
            counted(module.Parser(longest.context), steps(longest, count))  # caches are filled, imports done
            few = counted(module.Parser(longest.context), steps(longest, count))
            many = counted(module.Parser(longest.context), steps(longest, count * FOLD))
            found[f"{module.NAME} {way}"] = [*few, *many]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
