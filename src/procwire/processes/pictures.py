"""The tables of this host as rows of plain values, made where they may be looked at, for who may not look.

Values stand in the order of the declared columns, as they are inside. A row is read when it is asked for, so
that a table of thousands can be made bit by bit. Raises OSError for what cannot be had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from procwire.model.columns import Table
from procwire.model.host_tables import PROCESSES
from procwire.model.socket_tables import SOCKETS
from procwire.model.traffic import COUNTERS, TRAFFIC
from procwire.processes.listing import Guess, Impaired, Processes, Sockets

TABLES = (PROCESSES.name, SOCKETS.name, TRAFFIC.name)
Values = list[Any]


class Pictures:
    """What ``take`` opens stays open for the next time. For one thread."""

    def __init__(self, guess: Guess, *, proc: str = "/proc", impaired: Impaired | None = None) -> None:
        self._guess = guess
        self._impaired = impaired
        self._proc = proc
        self._processes: Processes | None = None
        self._sockets: Sockets | None = None

    def take(self, table: str) -> Iterator[Values]:
        """The rows of a table, as of now."""
        if table == PROCESSES.name:
            self._processes = self._processes or Processes(impaired=self._impaired)
            return _flat(PROCESSES, self._processes.take())
        if table == SOCKETS.name:
            self._sockets = self._sockets or Sockets(self._guess)
            return _flat(SOCKETS, self._sockets.take())
        return iter(counters(Path(self._proc, "net", "dev").read_text(encoding="ascii", errors="replace")))

    def close(self) -> None:
        """Let go of what is open."""
        for opened in (self._processes, self._sockets):
            if opened is not None:
                opened.__exit__()
        self._processes = self._sockets = None


def counters(text: str) -> list[Values]:
    """/proc/net/dev (proc_net(5)): each interface's name and what COUNTERS names, in that order."""
    found = []
    for line in text.splitlines()[2:]:
        name, colon, rest = line.rpartition(":")
        numbers = rest.split()
        if colon and len(numbers) >= 12 and all(number.isdigit() for number in numbers):
            places = (0, 1, 2, 3, 8, 9, 10, 11)  # bytes, packets, errors, drops: received, then sent
            found.append([name.strip(), *(int(numbers[place]) for place in places)])
    assert all(len(row) == len(COUNTERS) for row in found)
    return found


def _flat(table: Table, rows: Iterable[Any]) -> Iterator[Values]:
    gets: list[Callable[[Any], Any]] = [column.get for column in table]
    return ([get(row) for get in gets] for row in rows)
