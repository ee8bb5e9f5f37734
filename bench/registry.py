"""What a flow of no known protocol costs with all protocols registered, beside the first five alone.

Every protocol that a flow's first byte does not rule out is asked about it, so each one added could make
every unknown flow dearer. Repeat with ``python -m bench.registry``. The goal: at most twice the price. Made
flows: random bytes, lines of lower-case words, and binary records behind a length, over TCP and over UDP, on
ports that hint at nothing. The dearest claims are named.
"""

from __future__ import annotations

import random
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.clock import machine
from procwire.dpi.analyzer import Analyzer
from procwire.dpi.contract import Asked, Context, Direction
from procwire.dpi.registry import Registry, registry
from procwire.model.flow import Flow

FLOWS = 2_000  # of each kind and transport
FEW = ("http", "tls", "dns", "quic", "ssh")
GOAL = 2.0
ROUNDS = 5
SHOWN = 8  # protocols named as the dearest
PORTS = (45_123, 45_321)
NUMBERS = {"tcp": 6, "udp": 17}

Openings = list[tuple[bytes, bytes]]  # what each side says first


def noise(dice: random.Random) -> bytes:
    """What encrypted traffic without a frame of its own looks like."""
    return dice.randbytes(dice.randrange(40, 1400))


def words(dice: random.Random) -> bytes:
    """Lines of a text protocol that nobody knows."""
    made = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randrange(2, 9))) for _ in range(12)]
    return " ".join(made).encode() + b"\r\n"


def records(dice: random.Random) -> bytes:
    """A binary protocol of its own: a length, a small type, a body."""
    body = dice.randbytes(dice.randrange(8, 400))
    return struct.pack(">IH", len(body) + 2, dice.randrange(1, 20)) + body


KINDS: dict[str, Callable[[random.Random], bytes]] = {"noise": noise, "words": words, "records": records}


def openings(kind: str) -> Openings:
    """The same ones on every machine."""
    dice = random.Random(f"registry-{kind}")
    make = KINDS[kind]
    return [(make(dice), make(dice)) for _ in range(FLOWS)]


def flow(number: int) -> Any:
    """A flow on ports that hint at nothing."""
    made: Any = Flow()
    made.family, made.proto, made.opener_seen = 4, number, True
    made.sport, made.dport = PORTS
    return made


def price(known: Registry, said: Openings, number: int) -> float:
    """Microseconds of processor time a flow, the least of some rounds."""
    least = float("inf")
    for _ in range(ROUNDS):
        analyzer: Any = Analyzer(lambda _, __: None, protocols=known, asked=Asked.FACTS)
        flows = [flow(number) for _ in said]
        started = time.process_time()
        for one, (asked, answered) in zip(flows, said, strict=True):
            if analyzer.data(one, 0, asked, 1) == 0:
                analyzer.data(one, 1, answered, 2)
            analyzer.ended(one, 3)
        least = min(least, time.process_time() - started)
    return least / len(said) * 1e6


def dearest(known: Registry, said: Openings, transport: str) -> list[tuple[float, str]]:
    """Microseconds that each protocol's claims take, where its FIRST and its shape let a flow through."""
    context = Context(transport=transport, src_port=PORTS[0], dst_port=PORTS[1])
    table = known.dispatch(NUMBERS[transport]) or []
    found = []
    for entry in known.by_name.values():
        shape = entry.stream if transport == "tcp" else entry.datagram
        asked = [data for data, _ in said if entry in table[data[0]] and not (shape and shape.refuses(data))]
        started = time.process_time()
        for data in asked:
            entry.claims(data, Direction.OUT, context)
        found.append(((time.process_time() - started) / len(said) * 1e6, entry.name))
    return sorted(found, reverse=True)[:SHOWN]


def main() -> int:
    """Print the table; exit code 1 where an unknown flow costs more than the goal allows."""
    every = registry()
    few = Registry([module for module in every.modules if module.NAME in FEW])
    print(
        f"{machine()}\n{len(every.modules)} protocols beside {len(few.modules)}, us of processor time a flow"
    )
    good = True
    for transport, number in NUMBERS.items():
        for kind in KINDS:
            said = openings(kind)
            least, full = price(few, said, number), price(every, said, number)
            good = good and full <= GOAL * least
            verdict = "reached" if full <= GOAL * least else "MISSED"
            ratio = f"{full / least:5.2f}x  goal {GOAL:g}x: {verdict}"
            print(f"{transport} {kind:<8} {least:7.2f} {full:7.2f}  {ratio}")
            named = [f"{name} {cost:.2f}" for cost, name in dearest(every, said, transport)]
            print(f"    dearest claims: {', '.join(named)}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
