"""The SQLite file: opened for the one who writes, its layout brought up to date, its tables on demand.

WAL with ``synchronous = NORMAL`` (sqlite.org/wal.html): a process that is killed loses nothing that was
committed; a machine that loses its power may lose the last commits, never the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from procwire.model.columns import Table
from procwire.model.store_tables import LOSSES, RUNS
from procwire.store import schema
from procwire.store.place import prepare
from procwire.store.reason import StoreError

APPLICATION = 0x70776972  # "pwir", in the file's header
BUSY_SECONDS = 5.0  # another process may hold the file so long
CACHE_KIB = 4096
LOG_BYTES = 8 << 20  # what is kept of the write-ahead log once it was written back

_SETTINGS = (
    "PRAGMA page_size = 8192",  # flows are wide; only takes effect before the first table, as the next
    "PRAGMA auto_vacuum = INCREMENTAL",  # only takes effect before the first table
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    f"PRAGMA journal_size_limit = {LOG_BYTES}",
    f"PRAGMA cache_size = -{CACHE_KIB}",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA secure_delete = OFF",
)


def _first_layout(connection: sqlite3.Connection) -> None:
    """The bookkeeping: which declaration each table follows, the runs, what was lost."""
    connection.execute("CREATE TABLE store_table (name TEXT PRIMARY KEY, fingerprint TEXT) STRICT")
    for table in (RUNS, LOSSES):
        for statement in schema.create(table):
            connection.execute(statement)
        _note(connection, table)


# Each makes of a file of the layout before it one of its own; the declared tables follow by themselves.
LAYOUTS: tuple[Callable[[sqlite3.Connection], None], ...] = (_first_layout,)


def open_file(path: Path, *, busy_seconds: float = BUSY_SECONDS) -> sqlite3.Connection:
    """Open or make the store for writing. Raises StoreError."""
    prepare(path)
    connection = sqlite3.connect(
        path, timeout=busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        _own(connection, path)
        for setting in _SETTINGS:
            connection.execute(setting).fetchall()
        with transaction(connection):
            _bring_up(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path}: {error}", failed=True) from None
    except StoreError:
        connection.close()
        raise
    return connection


class transaction:  # noqa: N801
    """All or nothing, and the lock from the start: ``with transaction(connection):``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            try:
                self._connection.execute("COMMIT")
                return
            except sqlite3.Error:
                self._roll_back()
                raise
        self._roll_back()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")


def _own(connection: sqlite3.Connection, path: Path) -> None:
    """Raises StoreError for a database of somebody else's, or of a newer procwire."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and application != APPLICATION:
        raise StoreError(f"{path}: a database, but not procwire's")
    if layout > len(LAYOUTS):
        raise StoreError(f"{path}: made by a newer procwire (layout {layout}; this one knows {len(LAYOUTS)})")


def _bring_up(connection: sqlite3.Connection, path: Path) -> None:
    _own(connection, path)  # again, under the lock
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    for step in LAYOUTS[layout:]:
        step(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {len(LAYOUTS)}")
    for table in (RUNS, LOSSES):
        ready(connection, table)


def ready(connection: sqlite3.Connection, table: Table) -> None:
    """Make the table, or let it follow its declaration; inside a transaction. Cheap where nothing changed."""
    found = connection.execute("SELECT fingerprint FROM store_table WHERE name = ?", (table.name,)).fetchone()
    if found is not None and found[0] == schema.fingerprint(table):
        return
    there = columns_there(connection, table.name)
    for statement in schema.follow(table, there) if there else schema.create(table):
        connection.execute(statement)
    _note(connection, table)


def columns_there(connection: sqlite3.Connection, name: str, *, within: str = "main") -> dict[str, str]:
    """The columns that a table has in the file, with their SQL types; none for no such table."""
    told = connection.execute("SELECT name, type FROM pragma_table_info(?, ?)", (name, within))
    return dict(told.fetchall())


def _note(connection: sqlite3.Connection, table: Table) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO store_table VALUES (?, ?)", (table.name, schema.fingerprint(table))
    )
