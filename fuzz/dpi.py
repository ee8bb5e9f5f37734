"""Throws broken dialogues at every protocol parser and at the analyzer.

Invariant: claims never raises; only ProtocolError leaves a parser; the analyzer raises nothing, counts no
defect, and holds no undecided byte once its flows have ended.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.dpi.flows import Listener, flow
from tests.dpi.samples import Dialogue, dialogues

from procwire.dpi.contract import ProtocolError
from procwire.dpi.registry import LINK, LINKS, TRANSPORTS, modules


def mutated(draw: random.Random, data: bytes) -> bytes:
    """Cut, overwritten, repeated, joined with junk."""
    broken = bytearray(data)
    for _ in range(draw.randint(0, 6)):
        place = draw.randint(0, len(broken))
        match draw.randint(0, 4):
            case 0:
                del broken[place : place + draw.randint(0, 20)]
            case 1:
                broken[place:place] = draw.randbytes(draw.randint(0, 20))
            case 2:
                broken[place : place + 1] = bytes([draw.choice([0, 1, 10, 13, 32, 63, 64, 127, 192, 255])])
            case 3:
                broken += broken[place : place + 200]
            case _:
                del broken[place:]
    return bytes(broken)


def pieces(draw: random.Random, data: bytes) -> list[bytes]:
    """The same bytes in a few chunks."""
    cuts = sorted(draw.randint(0, len(data)) for _ in range(draw.randint(0, 4)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]


def once(draw: random.Random, module: object, dialogue: Dialogue, listener: Listener) -> None:
    """One broken dialogue, to the parser alone and through the analyzer."""
    parser = module.Parser(dialogue.context)  # type: ignore[attr-defined]
    proto = 0 if dialogue.transport in LINKS else TRANSPORTS[dialogue.transport]
    one = flow(proto, dialogue.port, opener_seen=draw.random() < 0.7)
    alive = True
    for now, (side, data) in enumerate(dialogue.steps * draw.randint(1, 2)):
        broken = mutated(draw, data)
        module.claims(broken, side, dialogue.context)  # type: ignore[attr-defined]
        if dialogue.transport in LINKS:  # of no flow
            listener.analyzer.frames.show(LINKS[dialogue.transport] % LINK, broken, now)
            continue
        for piece in pieces(draw, broken) if dialogue.transport == "tcp" else [broken]:
            if draw.random() < 0.05:
                listener.analyzer.gap(one, int(side), draw.randint(1, 5000), now)
            listener.analyzer.data(one, int(side), piece, now)
            if alive and piece:
                alive = fed(parser, side, piece, now, gap=draw.random() < 0.05)
    listener.analyzer.ended(one, 99)
    listener.analyzer.frames.finish(99)


def fed(parser: object, side: object, piece: bytes, now: int, *, gap: bool) -> bool:
    """Whether the parser goes on."""
    try:
        if gap:
            list(parser.gap(side, 77, now=now))  # type: ignore[attr-defined]
        list(parser.feed(side, piece, now=now))  # type: ignore[attr-defined]
        parser.skip(side)  # type: ignore[attr-defined]
    except ProtocolError:
        return False
    return True


def main() -> int:
    """Returns 1 where the invariant was broken."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    print(__doc__, flush=True)
    cases = [(module, dialogue) for module in modules() for dialogue in dialogues(module.NAME)]
    end = time.monotonic() + chosen.seconds
    rounds = 0
    while time.monotonic() < end:
        seed = f"{chosen.seed}.{rounds}"
        draw = random.Random(seed)
        listener = Listener()
        try:
            for _ in range(20):
                once(draw, *draw.choice(cases), listener)
        except Exception:
            print(f"seed {seed}", file=sys.stderr)
            raise
        counts = listener.analyzer.counts()
        if counts["defects"] or counts["held"]:
            print(f"seed {seed}: {counts} {listener.analyzer.defect}", file=sys.stderr)
            return 1
        rounds += 1
    print(f"{rounds * 20} dialogues over {len(cases)} samples: the invariant held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
