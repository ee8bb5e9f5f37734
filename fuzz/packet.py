"""Throws changed, cut and random frames at the decoder.

Invariant: ``Decoder.decode`` never raises, every row keeps the laws of ``tests/packet/laws.py``, and what
is held of fragments stays within its bound. Prints counts; exits 1 with the frame where a law breaks.

    PYTHONPATH=src python -m fuzz.packet --seconds 600 --seed 1
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "src")]

from tests.packet import laws, test_decode  # noqa: E402

from procwire.model.frames import FrameBatch, batch_of  # noqa: E402
from procwire.packet.decode import Decoder  # noqa: E402

BATCH = 64
BOUND = 64 << 10
EDGES = (0, 1, 4, 6, 8, 17, 41, 44, 47, 0x7F, 0x80, 0xFF)


def mutant(random_: random.Random) -> tuple[int, bytes]:
    """A real frame, changed here and there, cut, joined with another or carried inside one."""
    link, frame = random_.choice(test_decode.FRAMES)
    data = bytearray(frame)
    for _ in range(random_.choice((0, 1, 1, 2, 4, 16))):
        data[random_.randrange(len(data))] = random_.choice((*EDGES, random_.randrange(256)))
    kind = random_.randrange(8)
    if kind == 0:
        del data[random_.randrange(len(data)) :]
    elif kind == 1:
        at = random_.randrange(len(data))
        data[at:at] = random_.randbytes(random_.randrange(64))
    elif kind == 2:
        data[random_.randrange(len(data)) :] = random_.choice(test_decode.FRAMES)[1]
    elif kind == 3:
        link = random_.choice(test_decode.READ)
    elif kind == 4:
        data = bytearray(random_.randbytes(random_.randrange(256)))
    return link, bytes(data)


def batch(random_: random.Random) -> FrameBatch:
    """Frames of which some were captured short, at times that may run backwards."""
    frames = [mutant(random_) for _ in range(BATCH)]
    made = batch_of(
        [frame for _, frame in frames], start=random_.randrange(1 << 60), step=random_.randrange(1 << 34)
    )
    for row, (link, frame) in enumerate(frames):
        made.link[row] = link
        made.wire[row] = len(frame) + random_.choice((0, 0, 0, 40, 2000))
        made.segments[row] = random_.choice((0, 1, 40))
    return made


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    random_ = random.Random(asked.seed)
    decoder = Decoder(fragments_bytes=BOUND)
    end = time.monotonic() + asked.seconds
    batches = 0
    while time.monotonic() < end:
        made = batch(random_)
        try:
            laws.check(made, decoder.decode(made))
            assert decoder.fragments.held_bytes <= BOUND
        except Exception:
            print(f"seed {asked.seed}, batch {batches}:", file=sys.stderr)
            for row in range(made.count):
                print(made.link[row], made.wire[row], made.frame(row).hex(), file=sys.stderr)
            raise
        batches += 1
    print(f"{batches * BATCH} frames, seed {asked.seed}")
    kinds: Counter[str] = Counter()
    for name, count in decoder.counts.items():
        kinds[name.partition(".")[0]] += count
    print(*(f"{name} {count}" for name, count in sorted(kinds.items())), sep=", ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
