"""The accounting identity of every interface, taken again and again beside the terminal while somebody looks.

Whoever opens the overview starts a process that counts, with kernel programs of its own, WINDOW_SECONDS at a
time, and tells the sums; it ends when nobody asks any more, and its programs with it. What it costs is what
these cost, some 100 ns a packet, and a hundredth of a processor.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable

import msgspec

from procwire.cli.forking import Fork
from procwire.engine import api
from procwire.model.accounting import AccountingRow
from procwire.tui.host import HostError

FIRST_SECONDS = 2.0  # so that there is something to see
WINDOW_SECONDS = 10.0
FORGOTTEN_SECONDS = 30.0
MAX_TOLD_BYTES = 1 << 20  # of one window: thousands of interfaces
ROOT = "sudo procwire top"


class Balancing:
    """This side: the sums of the latest window."""

    def __init__(self, *mine: socket.socket) -> None:
        """``mine``: sockets that the process does not keep."""
        self.clock: Callable[[], float] = time.monotonic
        self._mine = mine
        self._fork: Fork | None = None
        self._told = bytearray()
        self._rows: list[AccountingRow] = []
        self._asked = 0.0

    def rows(self) -> list[AccountingRow]:
        """None before the first window is over. Raises HostError where nothing can be counted."""
        self._asked = self.clock()
        if self._fork is None:
            self._fork = Fork(told, *self._mine, mortal=True)
            self._fork.made.setblocking(False)
        self._take(self._fork)
        return self._rows

    def tidy(self) -> None:
        """End it where nobody asked for a while."""
        if self._fork is not None and self.clock() - self._asked > FORGOTTEN_SECONDS:
            self.close()

    def close(self) -> None:
        """End it."""
        fork, self._fork, self._rows = self._fork, None, []
        self._told.clear()
        if fork is not None:
            fork.end(signalled=True)

    def _take(self, fork: Fork) -> None:
        try:
            while part := fork.made.recv(1 << 16):
                self._told += part
        except BlockingIOError:
            lines = self._told.split(b"\n")
            self._told = lines.pop()
            if lines:
                self._rows = msgspec.json.decode(lines[-1], type=list[AccountingRow])
            if len(self._told) <= MAX_TOLD_BYTES:
                return
        except ConnectionError:
            pass
        self.close()
        words = fork.said().strip().splitlines()
        raise HostError(words[-1].removeprefix("procwire: ") if words else "nobody counts packets", ROOT)


def told(made: socket.socket) -> int:
    """That side: a line for each window, until the other one is gone."""
    seconds = FIRST_SECONDS
    while not _gone(made):
        rows = api.settle(seconds, lambda: _gone(made))
        made.sendall(msgspec.json.encode(rows) + b"\n")
        seconds = WINDOW_SECONDS
    return 0


def _gone(made: socket.socket) -> bool:
    """Whether the other side was closed: it never says anything."""
    return bool(select.select([made], (), (), 0)[0])
