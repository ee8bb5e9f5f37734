"""Batches of rows to the file, each whole or not at all. Knows what cannot be stored, and why; no threads.

A full disk pauses the storing; a file that is damaged or is no database ends it. Either is counted and said,
and neither raises: whoever watches goes on watching.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from procwire.model.columns import Table
from procwire.model.store_tables import LOSSES, RUNS, LossRow
from procwire.store import cells, identity
from procwire.store.file import BUSY_SECONDS, open_file, ready, transaction
from procwire.store.reason import StoreError
from procwire.store.retention import Limits, Retention
from procwire.store.schema import insert, quoted

PAUSE_SECONDS = 10.0  # after a write that failed, until the next is tried
TRIES = 3  # of a batch, while another process holds the file
OVERFLOW, FULL, FAILED, UNFIT = "overflow", "full", "failed", "unfit"

Batch = Sequence[tuple[str, Any]]
_BEYOND_REPAIR = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_SCHEMA")
_ROW_S_OWN = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, sqlite3.DataError)


class Filing:
    """One run's way into the store. Raises StoreError where the file cannot be opened at all.

    ``lost``: rows by reason. ``problem``: why nothing is being stored, or empty. ``unfit``: values that
    SQLite cannot hold, which are stored as not known.
    """

    def __init__(
        self,
        path: Path,
        tables: Iterable[Table],
        *,
        command: str,
        source: str = "",
        limits: Limits | None = None,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self.path = path
        self.rows = 0
        self.lost: dict[str, int] = {}
        self.unfit = 0
        self.problem = ""
        self._tables: Mapping[str, Table] = {table.name: table for table in tables}
        self._how = {name: cells.encoders(table) for name, table in self._tables.items()}
        self._ready: set[str] = set()
        self._broken = False
        self._again = 0.0
        self._losses: dict[tuple[str, str], list[int]] = {}  # table and reason -> first, last, rows
        self._connection = open_file(path, busy_seconds=busy_seconds)
        self._retention = Retention(self._connection, limits or Limits())
        try:
            self.run = self._begin(command, source)
        except sqlite3.Error as error:
            self._connection.close()
            raise StoreError(f"{path}: {error}", failed=True) from None

    @property
    def limits(self) -> Limits:
        """How much is remembered."""
        return self._retention.limits

    def limit(self, limits: Limits) -> None:
        """From now on so much is remembered."""
        self._retention.limits = limits

    def take_place(self) -> int:
        """Forget what earlier runs of this command stored of this source; how many runs that were.

        Raises StoreError.
        """
        mine = f"SELECT command, source FROM {RUNS.name} WHERE run = ?"  # noqa: S608
        same = f"SELECT run FROM {RUNS.name} WHERE (command, source) = ({mine}) AND ended IS NOT NULL"  # noqa: S608
        try:
            with transaction(self._connection):
                runs = self._connection.execute(same, (self.run,)).fetchall()
                for (name,) in self._connection.execute("SELECT name FROM store_table").fetchall():
                    self._connection.executemany(f"DELETE FROM {quoted(name)} WHERE run = ?", runs)  # noqa: S608
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}", failed=True) from None
        return len(runs)

    def put(self, batch: Batch) -> None:
        """Store the rows, or count them as lost."""
        if self._broken or time.monotonic() < self._again:
            self.lose(batch, FAILED if self._broken else FULL)
            return
        for attempt in range(1, TRIES + 1):
            try:
                self._commit(batch, self._quick)
            except Exception as error:
                if _is_busy(error) and attempt < TRIES:
                    continue
                if _is_of_the_file(error):
                    self._failed(batch, error)
                else:
                    self._carefully(batch)
            else:
                self._stored(len(batch))
            return

    def lose(self, batch: Iterable[tuple[str, Any]], reason: str) -> None:
        """Count rows that cannot be stored; the file is told as soon as it takes anything."""
        counts: dict[str, int] = {}
        for name, _ in batch:
            counts[name] = counts.get(name, 0) + 1
        for name, rows in counts.items():
            self.count_lost(name, reason, rows)

    def count_lost(self, name: str, reason: str, rows: int) -> None:
        """As ``lose``, of one table."""
        now = time.time_ns()
        entry = self._losses.setdefault((name, reason), [now, now, 0])
        entry[1], entry[2] = now, entry[2] + rows
        self.lost[reason] = self.lost.get(reason, 0) + rows

    def tidy(self, now: int) -> bool:
        """One step of forgetting; True where more is to do."""
        if self._broken or time.monotonic() < self._again:
            return False
        try:
            return self._retention.step(now)
        except sqlite3.Error as error:
            self._failed((), error)
            return False

    def close(self) -> None:
        """The run's last words, and the log written back. Never raises."""
        try:
            if not self._broken:
                with transaction(self._connection):
                    self._account(time.time_ns(), ended=True)
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._connection.close()
        except sqlite3.Error as error:
            self.problem = self.problem or f"{self.path}: {error}"

    # Inner steps.

    def _begin(self, command: str, source: str) -> int:
        names = ("command", "source", "process", "started", "rows", "lost")
        asked = f"INSERT INTO {RUNS.name} ({', '.join(names)}, run) SELECT ?, ?, ?, ?, 0, 0, ifnull(max(run), 0) + 1 FROM {RUNS.name}"  # noqa: S608, E501
        with transaction(self._connection):
            self._connection.execute(asked, (command, source or None, identity.own(), time.time_ns()))
            (run,) = self._connection.execute(f"SELECT max(run) FROM {RUNS.name}").fetchone()  # noqa: S608
        return int(run)

    def _commit(self, batch: Batch, parameters: Callable[[str, list[Any], int], list[Any]]) -> None:
        groups: dict[str, list[Any]] = {}
        for name, row in batch:
            groups.setdefault(name, []).append(row)
        now = time.time_ns()
        fresh = [name for name in groups if name not in self._ready]
        with transaction(self._connection):
            for name in fresh:
                ready(self._connection, self._tables[name])
            for name, rows in groups.items():
                places, filled = cells.thinned(parameters(name, rows, now))
                self._connection.executemany(insert(self._tables[name], places), filled)
            self._account(now, added=len(batch))
        self._ready.update(fresh)

    def _quick(self, name: str, rows: list[Any], now: int) -> list[Any]:
        how, first = self._how[name], (self.run, now)
        return [cells.cells(row, how, first) for row in rows]

    def _fitted(self, name: str, rows: list[Any], now: int) -> list[Any]:
        out = []
        for row in rows:
            found, unfit = cells.fitted(row, self._tables[name], (self.run, now))
            self.unfit += unfit
            out.append(found)
        return out

    def _carefully(self, batch: Batch) -> None:
        """Value by value, for a batch with something that SQLite or a column refuses."""
        try:
            self._commit(batch, self._fitted)
        except Exception as error:
            if _is_of_the_file(error):
                self._failed(batch, error)
            else:
                self.lose(batch, UNFIT)
        else:
            self._stored(len(batch))

    def _stored(self, rows: int) -> None:
        self.rows += rows
        self.problem = ""
        self._losses.clear()

    def _failed(self, batch: Batch, error: Exception) -> None:
        name = getattr(error, "sqlite_errorname", "")
        self._broken = name.startswith(_BEYOND_REPAIR)
        self._again = time.monotonic() + PAUSE_SECONDS
        self.problem = f"{self.path}: {error}"
        self.lose(batch, FULL if name == "SQLITE_FULL" else FAILED)

    def _account(self, now: int, *, added: int = 0, ended: bool = False) -> None:
        """What the file says of the run; inside a transaction."""
        for (name, reason), (first, last, rows) in self._losses.items():
            row = LossRow(run=self.run, kept_in=name, first=first, last=last, rows=rows, reason=reason)
            self._connection.execute(insert(LOSSES), [column.get(row) for column in LOSSES])
        self._connection.execute(
            f"UPDATE {RUNS.name} SET written = ?, rows = ?, lost = ?, problem = ?, ended = ? WHERE run = ?",  # noqa: S608
            (now, self.rows + added, sum(self.lost.values()), self.problem or None, now if ended else None,
             self.run),
        )  # fmt: skip


def _is_of_the_file(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) and not isinstance(error, _ROW_S_OWN)


def _is_busy(error: Exception) -> bool:
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
