"""Junk from faces: each is answered or let go, none stops the desk, and no memory is kept of it.

Invariants: the desk never raises; an honest face beside them is answered within so many turns; what waits for
a face stays within its bounds.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import time
from collections.abc import Sequence

from tests.api.serving import Engine, flow_of

from procwire.api.desk import Desk
from procwire.api.face import MAX_QUEUED
from procwire.api.framing import Frames
from procwire.api.messages import (
    MAX_REPLY,
    VERSION,
    AskFlow,
    AskRows,
    AskTables,
    Cancel,
    Hello,
    Rows,
    Subscribe,
    pack,
    reply,
)
from procwire.api.offers import Viewer

KINDS = ("random", "changed", "cut", "longer", "honest")
HONEST = [
    pack(Hello(VERSION)),
    pack(AskTables(1)),
    pack(AskRows(id=2, table="flow", columns=("pid",), filter="pid > 1 and process ~ p", order=("-pid",))),
    pack(AskRows(id=3, table="observation", limit=100_000)),
    pack(AskFlow(4, "0123456789abcdef")),
    pack(Subscribe(id=5, table="flow", every=0.5, snapshot=True)),
    pack(Subscribe(id=6, table="observation", kinds=("dns",))),
    pack(Cancel(5)),
]
TURNS = 400  # in which an honest face is answered


class _Outlet:
    """Faces that read what they are given, or nothing."""

    def __init__(self, choose: random.Random) -> None:
        self.honest = bytearray()
        self._choose = choose

    def give(self, face: int, data: bytes) -> bool:
        """See Outlet."""
        if face == 0:
            self.honest += data
            return True
        return self._choose.random() < 0.7

    def drop(self, face: int) -> None:
        """See Outlet."""
        assert face, "the honest face was let go"


def mangled(choose: random.Random, honest: Sequence[bytes], most: int) -> bytes:
    """One of ``honest``, maltreated or not; one that is longer has up to ``most`` bytes more."""
    kind = choose.choice(KINDS)
    data = bytearray(choose.choice(honest))
    if kind == "random":
        return choose.randbytes(choose.randrange(1, 2000))
    if kind == "changed":
        for _ in range(choose.randrange(1, 8)):
            data[choose.randrange(len(data))] = choose.randrange(256)
    if kind == "cut":
        return bytes(data[: choose.randrange(1, len(data) + 1)])
    if kind == "longer":
        data += choose.randbytes(choose.randrange(1, most))
    return bytes(data)


def _check(desk: Desk, outlet: _Outlet, number: int) -> None:
    """The honest face is still answered, whatever the others said."""
    desk.hear(0, pack(AskRows(id=number, table="flow", limit=1)))
    frames = Frames(MAX_REPLY)
    for _ in range(TURNS):
        desk.work()
        data, outlet.honest = bytes(outlet.honest), bytearray()
        desk.drained(0, len(data))
        for body in frames.feed(data):
            message = reply(body)
            if isinstance(message, Rows) and message.id == number and message.last:
                return
    raise AssertionError("the honest face was not answered")


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--messages", type=int, default=1 << 62)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    choose = random.Random(asked.seed)
    engine = Engine()
    engine.flows = [flow_of(number) for number in range(1, 50)]
    outlet = _Outlet(choose)
    desk = Desk(engine.catalogue, outlet, clock=time.monotonic, wall=time.time_ns)
    engine.book.publish = desk.publish
    desk.come(0, Viewer(0, all=True))
    desk.hear(0, HONEST[0])
    end, numbers = time.monotonic() + asked.seconds, itertools.count(1)
    number = 0
    while number < asked.messages and time.monotonic() < end:
        number = next(numbers)
        face = number // 5 % 20 + 1
        if number % 5 == 0:
            desk.leave(face)
            desk.come(face, Viewer(choose.choice((0, 1000)), all=bool(choose.randrange(2))))
            desk.hear(face, HONEST[0])
        desk.hear(face, mangled(choose, HONEST, 70_000))
        engine.book.told(choose.choice(("open", "end")), flow_of(number % 60 + 1))
        if number % 50 == 0:
            _check(desk, outlet, number)
        assert all(each.queued <= MAX_QUEUED + MAX_REPLY for each in desk.faces)
    print(f"{number} messages, seed {asked.seed}: {desk.counts.faults} faces spoke another language")
    return 0


if __name__ == "__main__":
    sys.exit(main())
