"""Two tunnels and the emulated path between them: the one loop that everything of a lab happens in.

It sleeps until a packet comes, one is due, or something else is to be done; select(2) counts in microseconds.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Protocol

from procwire.shaping.emulation.path import Path, Way
from procwire.shaping.lab.tunnel import Tunnel

BATCH = 128  # packets of one tunnel before the other has its turn
SECOND = 1_000_000_000
LONGEST_SLEEP = 1.0  # seconds


class Source(Protocol):
    """Something else to wait for."""

    def fileno(self) -> int:
        """For select."""


class End(Source, Protocol):
    """Where packets come from and go to: a tunnel, or a gateway behind one."""

    def read(self) -> bytes | None:
        """The next packet; None where there is none."""

    def write(self, data: bytes) -> None:
        """One that came through."""


class Relay:
    """``near`` is the command's end. What is meant for neighbours alone is left out, and counted."""

    def __init__(self, path: Path, near: Tunnel, far: End) -> None:
        self.path = path
        self.near = near
        self.far = far
        self.left_out = 0
        self.latest = 0  # how late a packet was handed over, at most, in ns

    def run(
        self,
        also: dict[Source, Callable[[], None]],
        tick: Callable[[int], int | None],
        done: Callable[[], bool],
    ) -> None:
        """Until ``done``. ``tick`` is called before each sleep, and says when to call it again."""
        sources = [self.near, self.far, *also]
        while True:
            now = time.monotonic_ns()
            self._deliver(now)
            wanted = tick(now)
            if done():
                return
            due = self.path.due()
            times = [at for at in (due, wanted) if at is not None]
            wait = LONGEST_SLEEP
            if times:
                wait = min(max(0, min(times) - time.monotonic_ns()) / SECOND, LONGEST_SLEEP)
            ready = select.select(sources, (), (), wait)[0]
            if self.near in ready:
                self._read(self.near, "egress")
            if self.far in ready:
                self._read(self.far, "ingress")
            for source, act in also.items():
                if source in ready:
                    act()

    def _read(self, tunnel: End, way: Way) -> None:
        for _ in range(BATCH):
            data = tunnel.read()
            if data is None:
                return
            if of_the_link(data):
                self.left_out += 1
                continue
            self.path.offer(way, data, now=time.monotonic_ns())

    def _deliver(self, now: int) -> None:
        due = self.path.due()
        if due is not None and due < now:
            self.latest = max(self.latest, now - due)
        for data in self.path.collect("egress", now=now):
            self.far.write(data)
        for data in self.path.collect("ingress", now=now):
            self.near.write(data)


def of_the_link(data: bytes) -> bool:
    """Whether a packet is the kernel's own talk with neighbours, of whom a tunnel has none."""
    if len(data) >= 40 and data[0] >> 4 == 6:  # ff02::/16, and 224.0.0.0/24 below
        return data[24] == 0xFF and data[25] & 0x0F == 2
    return len(data) >= 20 and data[0] >> 4 == 4 and data[16:19] == b"\xe0\0\0"
