"""An engine's side of the api in the process of a test: a book, a desk, and a gate on a socket of its own."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from procwire.api.book import Book
from procwire.api.catalogue import Catalogue
from procwire.api.desk import Desk
from procwire.api.gate import Gate, listen
from procwire.api.line import Line
from procwire.api.offers import Offer
from procwire.model.columns import Table
from procwire.model.flow import Flow
from procwire.model.health import HEALTH, HealthRow
from procwire.model.process import EXACT, Owner, ProcessRef
from tests.model.test_tables import a_flow

MINE, OTHERS = 1000, 2000


def flow_of(number: int, *, uid: int = MINE, bytes_out: int = 100) -> Flow:
    """A flow with its owner."""
    flow = a_flow()
    flow.number, flow.first, flow.bytes_out = number, number * 1_000_000_000, bytes_out
    flow.last = flow.first + 500_000_000
    process = ProcessRef(pid=100 + number, start=1, name=f"p{number}", uid=uid)
    flow.owner = Owner(process=process, confidence=EXACT)
    return flow


class Engine:
    """``flows`` are open; what is done to ``book`` goes to feeds; ``lock`` is held while the desk works."""

    def __init__(self, kinds: Sequence[Table] = ()) -> None:
        self.book = Book(kinds)
        self.flows: list[Flow] = []
        self.book.active = lambda: list(self.flows)
        health = Offer(table=HEALTH, rows=lambda: [HealthRow(part="capture", name="packets", amount=7)])
        self.catalogue = Catalogue([*self.book.offers(), health], kinds)
        self.lock = threading.Lock()

    def desk(self, line: Line) -> Desk:
        """A desk that answers over the line."""
        desk = Desk(self.catalogue, line, clock=time.monotonic, wall=time.time_ns)
        self.book.publish = desk.publish
        return desk


class Served:
    """A desk and a gate at work on two threads until ``stop``."""

    def __init__(self, engine: Engine, path: Path, *, group: int = -1) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.path = str(path)
        self.line = Line(ours)
        self.desk = engine.desk(self.line)
        self.gate = Gate(listen(self.path), group=group)
        self.gate.attach(theirs)
        self._engine = engine
        self._over = threading.Event()
        self._threads = [threading.Thread(target=each) for each in (self._work, self._carry)]
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        while not self._over.wait(0.002):
            with self._engine.lock:
                self.line.take(self.desk)
                self.desk.work()

    def _carry(self) -> None:
        while not self._over.is_set():
            self.gate.poll(0.02)

    def stop(self) -> None:
        """End both."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self.gate.close()
        self.line.close()


@contextlib.contextmanager
def served(engine: Engine, path: Path) -> Iterator[Served]:
    """For the length of a block."""
    running = Served(engine, path)
    try:
        yield running
    finally:
        running.stop()
