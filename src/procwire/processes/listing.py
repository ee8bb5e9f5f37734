"""The tables of this host as commands take them: processes, sockets, and what happens to processes.

Each is a context manager and for one thread; ``problems`` says in lines what is not as it should be. OSError
is raised for what cannot be had at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from procwire.model.host import ProcessRow
from procwire.model.lives import LifeRow
from procwire.model.socket import SocketRow
from procwire.processes.census import Census
from procwire.processes.chronicle import Chronicle
from procwire.processes.lifefeed import open_feed
from procwire.processes.socktable import SocketTable

TICK_SECONDS = 0.25


class Impaired(Protocol):
    """Who knows what is done to packets on purpose."""

    def look(self) -> None:
        """What is shaped now."""

    def close(self) -> None:
        """Look no more."""


Guess = Callable[[str, int, int], tuple[str, str]]  # transport and ports -> app, app_confidence


class Processes:
    """The process table, each time it is taken. With ``hashes``, a program whose hash is read is hashed.

    ``impaired`` knows what is shaped (shaping.touching).
    """

    def __init__(self, *, hashes: bool = False, impaired: Impaired | None = None) -> None:
        self._census = Census(hashes=hashes)
        self._impaired = self._census.impaired = impaired

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self._census.close()
        if self._impaired is not None:
            self._impaired.close()

    @property
    def source(self) -> str:
        """bpf-iterator or proc."""
        return self._census.source

    @property
    def problems(self) -> list[str]:
        """Read from /proc alone; a runtime that is silent."""
        found = [f"processes from /proc: {self._census.problem}"] if self._census.problem else []
        return found + [f"container names: {path}: {why}" for path, why in self._census.silent.items()]

    def take(self) -> list[ProcessRow]:
        """Every process now, in order of pids."""
        if self._impaired is not None:
            self._impaired.look()
        found = self._census.take()
        return [ProcessRow(task, self._census) for task in sorted(found, key=lambda task: task.pid)]


class Sockets:
    """The sockets of every network namespace, each time they are taken."""

    def __init__(self, guess: Guess, *, hashes: bool = False) -> None:
        self._guess = guess
        self._table = SocketTable(census=Census(hashes=hashes))

    def __enter__(self) -> Sockets:
        return self

    def __exit__(self, *_: object) -> None:
        self._table.close()

    @property
    def problems(self) -> list[str]:
        """Holders from /proc alone; namespaces that may not be entered."""
        found = [f"holders from /proc: {self._table.problem}"] if self._table.problem else []
        closed = self._table.problems()
        if closed:
            found.append(f"{len(closed)} network namespaces left out: {next(iter(closed.values()))}")
        return found

    def take(self, *, unix: bool = False) -> list[SocketRow]:
        """Every socket now."""
        rows = self._table.take(unix=unix)
        for row in rows:
            if row.family:
                row.app, row.app_confidence = self._guess(row.proto, row.src_port, row.dst_port)
        return rows


class Lives:
    """Forks, execs and exits as they happen, until stopped. ``stop`` may be called from a signal handler."""

    def __init__(self) -> None:
        self._feed, why = open_feed()
        self.problems = [f"events from the process connector: {why}"] if why else []
        self._chronicle = Chronicle()
        self._stopping = False

    def __enter__(self) -> Lives:
        with Census() as census:
            self._chronicle.begin(census.take(), census)
        return self

    def __exit__(self, *_: object) -> None:
        self._feed.close()
        self._chronicle.close()

    @property
    def lost(self) -> int:
        """Events that were too much to be told of."""
        return self._feed.lost

    def stop(self) -> None:
        """End ``batches`` with what has come."""
        self._stopping = True

    def take(self) -> list[LifeRow]:
        """What has happened since, without waiting. Raises OSError."""
        return [self._chronicle.row(event) for event in self._feed.poll(0.0)]

    def batches(self, seconds: float | None = None) -> Iterator[list[LifeRow]]:
        """What happens, some times a second, for so long or until stopped; a list may be empty."""
        deadline = time.monotonic() + seconds if seconds is not None else None
        while not self._stopping and (deadline is None or time.monotonic() < deadline):
            left = TICK_SECONDS if deadline is None else min(TICK_SECONDS, deadline - time.monotonic())
            yield [self._chronicle.row(event) for event in self._feed.poll(max(0.0, left))]
        yield [self._chronicle.row(event) for event in self._feed.poll(0.0)]
