"""Rows to the store from a place that must not wait: a bounded queue, and a thread of its own behind it.

A row that is added must not change any more. Where the queue is full, a live watch loses the row, counted; a
reading of files waits. What is killed loses at most what was added since the last flush.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from procwire.model.columns import Table
from procwire.store.filing import OVERFLOW, Filing
from procwire.store.retention import Limits

MAX_WAITING = 65_536  # rows that may wait to be stored
BATCH_ROWS = 2_048  # stored in one transaction
FLUSH_SECONDS = 0.5  # a row waits at most so long for others
TIDY_SECONDS = 10.0  # from one look at what is too old to the next
CLOSE_SECONDS = 30.0  # what waits at the end may take so long


class Counts(msgspec.Struct, kw_only=True, frozen=True):
    """How far a writer is. ``lost``: rows by reason; ``unfit``: values that could not be kept."""

    rows: int
    waiting: int
    lost: dict[str, int]
    unfit: int
    problem: str


class Writer:
    """``add`` takes a row of one of the tables; a context manager, which ends the thread.

    Made, and so its file opened, before the thread exists: the first row starts it, so that it is as confined
    as the process is by then. ``patient``: ``add`` waits instead of losing.
    Raises StoreError where the file cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        tables: Iterable[Table],
        *,
        command: str = "",
        source: str = "",
        limits: Limits | None = None,
        patient: bool = False,
    ) -> None:
        self._filing = Filing(path, tables, command=command, source=source, limits=limits)
        self._queue: deque[tuple[str, Any]] = deque()
        self._patient = patient
        self._overflowed: dict[str, int] = {}  # rows by table, over the whole run; written by ``add`` alone
        self._counted: dict[str, int] = {}  # of these, those that the file was told of
        self._wake = threading.Event()
        self._idle = threading.Condition()
        self._busy = False
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """The file."""
        return self._filing.path

    @property
    def counts(self) -> Counts:
        """How far it is."""
        lost = dict(self._filing.lost)
        overflow = sum(list(self._overflowed.values())) - sum(list(self._counted.values()))
        if overflow:
            lost[OVERFLOW] = lost.get(OVERFLOW, 0) + overflow
        return Counts(
            rows=self._filing.rows,
            waiting=len(self._queue),
            lost=lost,
            unfit=self._filing.unfit,
            problem=self._filing.problem,
        )

    def take_place(self) -> int:
        """Before the first row: forget what earlier runs of the same command stored of the same source.

        How many runs those were. Raises StoreError.
        """
        return self._filing.take_place()

    @property
    def limits(self) -> Limits:
        """What is kept at most."""
        return self._filing.limits

    def limit(self, limits: Limits) -> None:
        """From now on so much is remembered."""
        self._filing.limit(limits)

    def add(self, table: str, row: Any) -> None:
        """Store the row soon; from one thread. Costs no more than the place in the queue."""
        waiting = len(self._queue)
        if not waiting and self._thread.ident is None:
            self._thread.start()
        if waiting >= MAX_WAITING and not self._made_room():
            self._overflowed[table] = self._overflowed.get(table, 0) + 1
            return
        self._queue.append((table, row))
        if waiting == BATCH_ROWS:
            self._wake.set()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until all that was added is stored or counted as lost; whether that came in time."""
        with self._idle:
            self._wake.set()
            return self._idle.wait_for(lambda: self._settled() or not self._thread.is_alive(), timeout)

    def close(self) -> None:
        """Store what waits, and end. Never raises."""
        if self._thread.ident is None:
            self._filing.close()
            return
        self._stopping = True
        self._wake.set()
        self._thread.join(CLOSE_SECONDS)

    # Inner steps.

    def _made_room(self) -> bool:
        if not self._patient or not self._thread.is_alive():
            return False
        with self._idle:
            self._wake.set()
            return self._idle.wait_for(lambda: len(self._queue) < MAX_WAITING, CLOSE_SECONDS)

    def _settled(self) -> bool:
        return not self._queue and not self._busy

    def _work(self) -> None:
        tidied, more = 0.0, False
        while not (self._stopping and not self._queue):
            self._wake.wait(0 if self._stopping or more else FLUSH_SECONDS)
            self._wake.clear()
            self._store()
            if time.monotonic() - tidied >= TIDY_SECONDS:
                more = self._filing.tidy(time.time_ns()) and not self._stopping
                tidied = tidied if more else time.monotonic()
        self._store()
        self._filing.close()

    def _store(self) -> None:
        """All that waits, batch by batch."""
        while True:
            self._busy = True
            batch = self._taken()
            if batch:
                self._filing.put(batch)
            with self._idle:
                self._busy = False
                self._idle.notify_all()
            if not self._queue:
                return

    def _taken(self) -> list[tuple[str, Any]]:
        for name, rows in list(self._overflowed.items()):
            if fresh := rows - self._counted.get(name, 0):
                self._counted[name] = rows
                self._filing.count_lost(name, OVERFLOW, fresh)
        take = self._queue.popleft
        return [take() for _ in range(min(BATCH_ROWS, len(self._queue)))]
