"""Packets as they pass, looked at by a process of its own beside the terminal while somebody looks.

A watch counts packets and lets them go. Whoever opens the screen of packets has them from that moment on:
the latest ones, within bounds. The process answers between two batches, and ends when nobody asks any more.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from procwire.cli.beside import Answering, answer
from procwire.cli.forking import Fork
from procwire.cli.shelf import TABLE, Shelf
from procwire.engine.api import Context, Watching, WatchOptions
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.packets import PacketTable
from procwire.recorder.picking import Picked
from procwire.sandbox.plan import OFF
from procwire.tui.aside import Aside
from procwire.tui.host import Frame, HostError, Rows, Want

MAX_LATEST = 5_000
FORGOTTEN_SECONDS = 30.0
TICK_SECONDS = 0.02  # an answer waits so long at most
ROOT = "sudo procwire top"


class Passing:
    """This side: starts the process when packets are asked for, ends it when they are not."""

    def __init__(
        self, interfaces: tuple[str, ...] = (), capture_filter: str = "", *mine: socket.socket,
        sandbox: str = OFF,
    ) -> None:  # fmt: skip
        self._options = WatchOptions(
            source="tap", interfaces=interfaces, owners=False, capture_filter=capture_filter, depth="first",
            sandbox=sandbox,
        )  # fmt: skip
        self._mine = mine
        self._fork: Fork | None = None
        self._aside: Aside | None = None
        self._asked = 0.0
        self.clock: Callable[[], float] = time.monotonic

    def _there(self) -> Aside:
        self._asked = self.clock()
        if self._aside is None:
            self._fork = Fork(lambda made: look(made, self._options), *self._mine, mortal=True)
            try:
                self._aside = Aside(self._fork.made)
            except HostError:
                raise HostError(self._why(), ROOT) from None
        return self._aside

    def _why(self) -> str:
        fork, self._fork, self._aside = self._fork, None, None
        if fork is None:
            return "nobody looks at packets"
        fork.end(signalled=True)
        words = fork.said().strip().splitlines()
        return words[-1].removeprefix("procwire: ") if words else "nobody looks at packets"

    def rows(self, want: Want) -> Rows:
        """Rows of the table packet. Raises HostError, FilterError."""
        aside = self._there()
        try:
            return aside.rows(want)
        except HostError:
            if self._fork is not None and self._fork.ended:
                raise HostError(self._why(), ROOT) from None
            raise

    def packet(self, number: int) -> Frame:
        """One packet. Raises HostError."""
        return self._there().packet(number)

    def picked(self, numbers: Sequence[int]) -> tuple[Picked, ...]:
        """Packets to be written. Raises HostError."""
        return self._there().picked(tuple(numbers), tuple[Picked, ...])

    def tidy(self) -> None:
        """End it where nobody asked for a while."""
        if self._fork is not None and self.clock() - self._asked > FORGOTTEN_SECONDS:
            self.close()

    def close(self) -> None:
        """End it."""
        fork, self._fork, self._aside = self._fork, None, None
        if fork is not None:
            fork.end(signalled=True)


class Looking(Answering):
    """That side: answers from the shelf."""

    title = "packets"

    def __init__(self) -> None:
        super().__init__(time.time_ns)
        self.shelf = Shelf(Context(()), latest=True, most=MAX_LATEST)
        self.lost: Callable[[], int] = lambda: 0
        self.since = time.time_ns()
        self.offers = {TABLE.name: (TABLE, lambda: self.shelf.rows)}

    def notes(self, table: str) -> tuple[str, ...]:  # noqa: ARG002
        """See Answering."""
        found = [f"{self.shelf.left_out:,} older ones went"] if self.shelf.left_out else []
        lost = self.lost()
        return (*found, f"{lost:,} were dropped by the kernel") if lost else tuple(found)

    def packet(self, number: int) -> Frame:
        """See Answering."""
        return self.shelf.packet(number)

    def picked(self, numbers: tuple[int, ...]) -> tuple[Picked, ...]:
        """See Answering."""
        return tuple(self.shelf.picked(number) for number in numbers)


class _Face:
    """An audience that answers whoever asks, between two batches."""

    def __init__(self, made: socket.socket, looking: Looking) -> None:
        self._made = made
        self._looking = looking
        self.watching: Watching | None = None

    def told(self, event: str, flow: Flow) -> None:
        """See listening.Audience."""

    def observed(self, flow: Flow, observation: Any) -> None:
        """See listening.Audience."""

    def ticked(self, now: int) -> None:  # noqa: ARG002
        """See listening.Audience."""
        while select.select([self._made], (), (), 0)[0]:
            if not answer(self._made, self._looking):
                if self.watching is not None:
                    self.watching.stop()
                return


def look(made: socket.socket, options: WatchOptions) -> int:
    """Look until the other side is gone."""
    looking = Looking()
    face = _Face(made, looking)
    watching = face.watching = Watching(options, face)
    looking.shelf.context = Context(watching.source.interfaces)
    looking.lost = lambda: watching.source.counts.dropped

    def take(batch: FrameBatch, table: PacketTable) -> None:
        looking.shelf.take(batch, table)

    watching.keeping.looked = take
    watching.tick = TICK_SECONDS
    watching.run()
    return 0
