"""What an old store forgets: rows beyond an age, and the oldest ones while the file is too large.

Age counts from when a row was stored, by the clock: a recording of last year that was read today is new here.
Rows go in small steps between batches, and so does the space that they leave (incremental vacuum).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from procwire.store.schema import quoted

if TYPE_CHECKING:  # limits are declared where nothing is stored
    import sqlite3

STEP_ROWS = 2_000  # of one table, in one transaction
STEP_PAGES = 2_000  # given back to the file system in one step
ROOM = 0.9  # a file that was too large is made so much of its limit
DAY_NS = 86_400 * 1_000_000_000


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is remembered; 0: without an end."""

    age_ns: int = 30 * DAY_NS
    size_bytes: int = 1_000_000_000


class Retention:
    """Forgets step by step. ``forgotten``: rows that have gone."""

    def __init__(self, connection: sqlite3.Connection, limits: Limits) -> None:
        self._connection = connection
        self.limits = limits  # may be set anew at any time
        self._shrinking = False
        self.forgotten = 0

    def step(self, now: int) -> bool:
        """One step; True where more is to do. Raises sqlite3.Error."""
        from procwire.store.file import transaction

        with transaction(self._connection):
            gone = self._by_age(now) + self._by_size()
        self.forgotten += gone
        return self._give_back() or gone > 0

    def used_bytes(self) -> int:
        """Pages that hold something."""
        pages, free, page = (self._pragma(name) for name in ("page_count", "freelist_count", "page_size"))
        return (pages - free) * page

    def _pragma(self, name: str) -> int:
        (value,) = self._connection.execute(f"PRAGMA {name}").fetchone()
        return int(value)

    def _by_age(self, now: int) -> int:
        if not self.limits.age_ns:
            return 0
        before = now - self.limits.age_ns
        gone = sum(self._forget(table, before) for table in self._tables())
        self._connection.execute("DELETE FROM store_loss WHERE last < ?", (before,))
        self._connection.execute(
            "DELETE FROM store_run WHERE max(started, ifnull(written, 0)) < ?", (before,)
        )
        return gone

    def _by_size(self) -> int:
        limit = self.limits.size_bytes
        if not limit:
            return 0
        used = self.used_bytes()
        self._shrinking = used > (limit * ROOM if self._shrinking else limit)
        if not self._shrinking:
            return 0
        oldest = [(stored, name) for name in self._tables() if (stored := self._oldest(name)) is not None]
        return self._forget(min(oldest)[1], None) if oldest else 0

    def _forget(self, table: str, before: int | None) -> int:
        """The oldest rows of a table, at most STEP_ROWS; rows lie in the order in which they were stored."""
        name = quoted(table)
        first = f"SELECT rowid FROM {name} ORDER BY rowid LIMIT {STEP_ROWS}"  # noqa: S608
        where = "" if before is None else " AND stored_at < ?"
        done = self._connection.execute(
            f"DELETE FROM {name} WHERE rowid IN ({first}){where}", () if before is None else (before,)  # noqa: S608
        )  # fmt: skip
        return done.rowcount

    def _oldest(self, table: str) -> int | None:
        found = self._connection.execute(
            f"SELECT stored_at FROM {quoted(table)} ORDER BY rowid LIMIT 1"  # noqa: S608
        ).fetchone()
        return None if found is None else int(found[0])

    def _tables(self) -> list[str]:
        told = self._connection.execute(
            "SELECT name FROM store_table WHERE name NOT LIKE 'store^_%' ESCAPE '^'"
        )
        return [name for (name,) in told]

    def _give_back(self) -> bool:
        """Free pages at the file's end; True where some are left."""
        if not self._pragma("freelist_count"):
            return False
        # A page for each step of the statement, which yields no row: ``execute`` would only take one.
        self._connection.executescript(f"PRAGMA incremental_vacuum({STEP_PAGES})")
        return self._pragma("freelist_count") > 0
