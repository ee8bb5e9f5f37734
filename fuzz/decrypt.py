"""Throws broken encrypted conversations at the decryption: spoiled, cut, repeated, in disorder, wrong keys.

Invariant: nothing is raised; what waits for keys stays in its bounds and is given back; when they are
over no secret is held; and an unbroken one is read to the last byte.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.decrypt.dialogue import Dialogue
from tests.decrypt.quic_dialogue import Talk

from fuzz.dpi import mutated
from procwire.decrypt.conversation import conversation_of
from procwire.decrypt.keylog import MAX_HELD_BYTES, KeyLog

Sample = tuple[int, list[tuple[int, bytes]], bytes, bytes]  # IP protocol, flights, keys, what src said


def samples() -> list[Sample]:
    """TLS 1.2 and 1.3 by OpenSSL, QUIC by aioquic."""
    found: list[Sample] = []
    for version, ciphers in (
        ("TLSv1_2", "AES128-GCM-SHA256"),
        ("TLSv1_2", "AES128-SHA256"),
        ("TLSv1_3", "ALL"),
    ):
        spoken = Dialogue(version, ciphers).run([(0, b"asked" * 100), (1, b"answered" * 3000), (0, b"again")])
        found.append((6, [(int(side), data) for side, data in spoken.flights], spoken.keys, spoken.said[0]))
    talk = Talk()
    for _ in range(3):
        talk.turn()
    talk.client.send_stream_data(0, b"asked" * 100, end_stream=True)
    talk.turn()
    spoken_quic = talk.spoken()
    flights = [(int(side), data) for side, data in spoken_quic.flights]
    found.append((17, flights, spoken_quic.keys, b"asked" * 100))
    return found


def once(draw: random.Random, sample: Sample) -> str:
    """One conversation; what broke the invariant, or empty."""
    proto, flights, text, said = sample
    keys = KeyLog()
    whole = draw.random() < 0.1
    log = text if whole or draw.random() < 0.7 else mutated(draw, text)
    late = not whole and draw.random() < 0.3
    if not late:
        keys.feed(log)
        keys.complete = draw.random() < 0.5
    talk = conversation_of(proto, keys)
    heard = b""
    for now, (side, data) in enumerate(flights if whole else broken(draw, flights)):
        if not whole and draw.random() < 0.05:
            talk.gap(side, draw.randint(1, 5000))
        heard += b"".join(piece.data for piece in talk.feed(side, data, now) if piece.side == 0)
        if late and now == len(flights) // 2:
            keys.feed(log)
        if keys.waiting_bytes > MAX_HELD_BYTES:
            return f"{keys.waiting_bytes} bytes wait for keys"
    heard += b"".join(piece.data for piece in talk.finish(99) if piece.side == 0)
    keys.close()
    if whole and heard != said:
        return "an unbroken conversation was not read whole"
    return f"{keys.waiting_bytes} bytes and {keys.vault.held} secrets held" * bool(keys.waiting_bytes)


def broken(draw: random.Random, flights: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Some flights spoiled, some twice, some late, some lost."""
    found: list[tuple[int, bytes]] = []
    for side, data in flights:
        match draw.randint(0, 9):
            case 0:
                found.append((side, mutated(draw, data)))
            case 1:
                found += [(side, data), (side, data)]
            case 2:
                found.insert(draw.randint(0, len(found)), (side, data))
            case 3:
                continue
            case 4:
                found.append((1 - side, data))
            case _:
                found.append((side, data))
    return found


def main() -> int:
    """Returns 1 where the invariant was broken."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    print(__doc__, flush=True)
    cases = samples()
    end = time.monotonic() + chosen.seconds
    rounds = 0
    while time.monotonic() < end:
        seed = f"{chosen.seed}.{rounds}"
        draw = random.Random(seed)
        try:
            problem = once(draw, draw.choice(cases))
        except Exception:
            print(f"seed {seed}", file=sys.stderr)
            raise
        if problem:
            print(f"seed {seed}: {problem}", file=sys.stderr)
            return 1
        rounds += 1
    print(f"{rounds} conversations over {len(cases)} samples: the invariant held")
    return 0


if __name__ == "__main__":
    sys.exit(main())
