"""Whether work grows with the data alone: for each protocol, processor time for several times as much.

Repeat with ``python -m bench.growth [--only NAME ...]``. Two ways: the protocol's longest dialogue over and
over in one stream, and its first message byte by byte with its last byte without end. Each runs with so much
that it takes some milliseconds, then with FOLD times as much: linear work takes FOLD times as long, quadratic
work its square. What a parser refuses or has enough of costs nothing more, and is shown as such.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable, Iterator

from tests.dpi.samples import Dialogue, dialogues

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.dpi.registry import modules

FOLD = 4
WORST = 2.5 * FOLD  # measured times waver; a quadratic one is FOLD * FOLD
LEAST_SECONDS = 0.02
MOST_PIECES = 60_000

Stream = Callable[[int], Iterator[tuple[object, bytes]]]


def repeated(dialogue: Dialogue) -> Stream:
    """The dialogue again and again."""

    def pieces(count: int) -> Iterator[tuple[object, bytes]]:
        for number in range(count):
            yield dialogue.steps[number % len(dialogue.steps)]

    return pieces


def dripped(dialogue: Dialogue) -> Stream:
    """The first message byte by byte, then the last of its bytes without end."""
    side, data = dialogue.steps[0]

    def pieces(count: int) -> Iterator[tuple[object, bytes]]:
        for number in range(count):
            at = min(number, len(data) - 1)
            yield side, data[at : at + 1]

    return pieces


def spent(module: object, dialogue: Dialogue, stream: Stream, count: int) -> tuple[float, int]:
    """Processor seconds that a parser takes for so many pieces, and how many it took."""
    parser = module.Parser(dialogue.context)  # type: ignore[attr-defined]
    sated: set[object] = set()
    taken = 0
    gc.collect()
    begin = time.process_time()
    try:
        for side, data in stream(count):
            if side in sated:
                continue
            for _ in parser.feed(side, data, now=taken):
                pass
            taken += 1
            if parser.skip(side) >= ENOUGH:
                sated.add(side)
    except ProtocolError:
        pass
    return time.process_time() - begin, taken


def growth(module: object, dialogue: Dialogue, stream: Stream) -> tuple[float, int]:
    """How much longer FOLD times as much takes, and for how many pieces; 0.0 where it has enough."""
    count, short, few = 32, 0.0, 32
    while short < LEAST_SECONDS and count < MOST_PIECES:
        count *= 2
        short, few = spent(module, dialogue, stream, count)
        if few < count // 2:
            return 0.0, few
    short = min(short, spent(module, dialogue, stream, count)[0])
    long, many = spent(module, dialogue, stream, count * FOLD)
    return (long / short, many) if many > few * FOLD // 2 else (0.0, many)


def main() -> int:
    """Print what grows; exit code 1 when something grows faster than its data."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", nargs="*", help="names of protocols")
    chosen = options.parse_args()
    failed = 0
    for module in modules():
        if chosen.only and module.NAME not in chosen.only:
            continue
        longest = max(dialogues(module.NAME), key=lambda one: sum(len(data) for _, data in one.steps))
        ways = {"repeated": repeated(longest)}
        if longest.transport == "tcp":
            ways["dripped"] = dripped(longest)
        for name, stream in ways.items():
            ratio, pieces = growth(module, longest, stream)
            steep = ratio > WORST
            failed += steep
            if ratio:
                words = f"x{ratio:.1f} for x{FOLD} ({pieces} pieces)" + (" TOO STEEP" if steep else "")
            else:
                words = f"has enough after {pieces} pieces"
            print(f"{module.NAME:<16} {name:<9} {words}", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
