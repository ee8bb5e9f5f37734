"""The loop: packets between two tunnels, in time, and what is left out."""

from __future__ import annotations

import os
import time
from collections import deque

from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.path import Path, PathPlan
from procwire.shaping.impairment import Delay, Effect
from procwire.shaping.lab.relay import Relay, of_the_link
from tests.shaping.emulation.travel import MS, packet


class Pipe:
    """A tunnel of a test: what waits to be read, what was written."""

    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque()
        self.written: list[bytes] = []
        self._reading, self._writing = os.pipe()

    def put(self, data: bytes) -> None:
        self.waiting.append(data)
        os.write(self._writing, b".")

    def fileno(self) -> int:
        return self._reading

    def read(self) -> bytes | None:
        if not self.waiting:
            return None
        os.read(self._reading, 1)
        return self.waiting.popleft()

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        os.close(self._reading)
        os.close(self._writing)


def test_packets_arrive_on_the_other_side_after_their_delay() -> None:
    near, far = Pipe(), Pipe()
    plan = PathPlan(egress=Conditions(effect=Effect(delay=Delay(latency_ns=20 * MS))))
    path = Path(plan, now=time.monotonic_ns())
    relay = Relay(path, near, far)  # type: ignore[arg-type]
    multicast = bytes([0x60]) + bytes(23) + b"\xff\x02" + bytes(14)
    for data in (packet(1), multicast, packet(2)):
        near.put(data)
    far.put(packet(3))
    calls: list[int] = []

    def tick(now: int) -> int | None:
        calls.append(now)
        return now + 5 * MS

    relay.run({}, tick, lambda: len(far.written) == 2 and bool(near.written))
    assert (far.written, near.written) == ([packet(1), packet(2)], [packet(3)])
    assert relay.left_out == 1
    assert path.links["egress"].delays.least >= 20 * MS
    assert len(calls) > 2
    near.close()
    far.close()


def test_something_else_can_be_waited_for() -> None:
    near, far, other = Pipe(), Pipe(), Pipe()
    relay = Relay(Path(PathPlan(), now=0), near, far)  # type: ignore[arg-type]
    other.put(b"x")
    seen: list[bytes | None] = []
    relay.run({other: lambda: seen.append(other.read())}, lambda _: None, lambda: bool(seen))
    assert seen == [b"x"]
    for pipe in (near, far, other):
        pipe.close()


def test_talk_with_neighbours_is_told_apart() -> None:
    assert of_the_link(bytes([0x45]) + bytes(15) + b"\xe0\0\0\x16")
    assert not of_the_link(packet())
    assert not of_the_link(b"")
