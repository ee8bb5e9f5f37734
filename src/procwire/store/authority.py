"""The second wall before a query: what SQLite itself may do for it, and how much.

The authorizer is asked for every table, column and function of the compiled statement, and denies whatever
is not named here (sqlite.org/c3ref/set_authorizer.html). The connection reads alone, a statement has a
deadline, and text, expressions, joins and memory have limits (sqlite.org/limits.html).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable

from procwire.store.guard import NAMES, RESERVED, ROW_SOURCES

STEPS = 20_000  # of SQLite's virtual machine between two looks at the clock
MAX_TEXT_BYTES = 4 << 20  # of one value
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: MAX_TEXT_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 16,
    sqlite3.SQLITE_LIMIT_COLUMN: 1000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 32,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 16,
    sqlite3.SQLITE_LIMIT_ATTACHED: 2,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 500,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_SCHEMAS = frozenset({"live", "store", "temp", None, ""})


class Authority:
    """Watches over one connection. ``tables``: what may be read. ``late``: the last deadline has passed."""

    def __init__(self, connection: sqlite3.Connection, tables: Iterable[str]) -> None:
        self._connection = connection
        self._tables = {name.lower() for name in tables} | ROW_SOURCES
        self._ctes: frozenset[str] = frozenset()
        self._deadline = 0.0
        self.late = False
        self.denied = ""  # what was refused last

    def take_over(self, *, heap_bytes: int) -> None:
        """From here on nothing is written and nothing unknown is run.

        The heap limit is the whole process's, and SQLite does not raise it again
        (sqlite.org/pragma.html#pragma_hard_heap_limit).
        """
        # The first use of json_each writes its declaration, which is not to be allowed later.
        self._connection.execute("SELECT 1 FROM json_each('[]'), json_tree('[]')").fetchall()
        for setting in ("query_only = ON", "trusted_schema = OFF", f"hard_heap_limit = {heap_bytes:d}"):
            self._connection.execute(f"PRAGMA {setting}").fetchall()
        for limit, value in _LIMITS.items():
            self._connection.setlimit(limit, value)
        self._connection.set_authorizer(self._allowed)
        self._connection.set_progress_handler(self._is_late, STEPS)

    def let_go(self) -> None:
        """Our own statements come, between two queries."""
        self._connection.set_authorizer(None)
        self._connection.set_progress_handler(None, 0)
        self._connection.execute("PRAGMA query_only = OFF")

    def expect(self, ctes: frozenset[str], seconds: float) -> None:
        """One statement comes, with these names of its own and so much time."""
        self._ctes = ctes
        self.late, self.denied = False, ""
        self._deadline = time.monotonic() + seconds

    def _is_late(self) -> bool:
        self.late = time.monotonic() > self._deadline
        return self.late

    def _allowed(
        self, action: int, first: str | None, second: str | None, schema: str | None, _: str | None
    ) -> int:
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and self._may_read((first or "").lower(), schema):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in NAMES:
            return sqlite3.SQLITE_OK
        self.denied = " ".join(str(word) for word in (action, first, second, schema) if word)
        return sqlite3.SQLITE_DENY

    def _may_read(self, table: str, schema: str | None) -> bool:
        if table.startswith(RESERVED):
            return False
        if table in ROW_SOURCES:
            return True
        if not table and schema in (None, ""):
            return True  # a subquery without a name
        return (table in self._tables or table in self._ctes) and schema in _SCHEMAS
