"""The outbox's file: SQLite beside the store, and apart from it, as it is written with other care.

WAL with ``synchronous = FULL`` (sqlite.org/pragma.html): what was committed is on the disk, also where the
machine loses its power a moment later.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from procwire.alerts.reason import AlertError
from procwire.store.file import transaction
from procwire.store.place import prepare, state_directory
from procwire.store.reason import StoreError

FILE = "alerts.db"
APPLICATION = 0x7077616C  # "pwal", in the file's header
LAYOUT = 1
BUSY_SECONDS = 5.0
LOG_BYTES = 1 << 20

_SETTINGS = (
    "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
    f"PRAGMA journal_size_limit = {LOG_BYTES}", "PRAGMA temp_store = MEMORY", "PRAGMA trusted_schema = OFF",
)  # fmt: skip
_TABLES = (
    """CREATE TABLE alert (
        id INTEGER PRIMARY KEY, alert_id TEXT NOT NULL UNIQUE, made INTEGER NOT NULL,
        updated INTEGER NOT NULL, same TEXT NOT NULL, severity TEXT NOT NULL,
        detector TEXT NOT NULL, state TEXT NOT NULL,
        why TEXT NOT NULL, summed INTEGER NOT NULL, count INTEGER NOT NULL, told INTEGER NOT NULL,
        until INTEGER NOT NULL, body BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX alert_same ON alert (same, until)",
    "CREATE INDEX alert_held ON alert (summed) WHERE summed = 0",
    "CREATE INDEX alert_told ON alert (until) WHERE count > told",
    """CREATE TABLE delivery (
        alert INTEGER NOT NULL REFERENCES alert (id) ON DELETE CASCADE, sink TEXT NOT NULL,
        round INTEGER NOT NULL, count INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL,
        since INTEGER NOT NULL, due INTEGER NOT NULL, done INTEGER NOT NULL, error TEXT NOT NULL,
        PRIMARY KEY (alert, sink, round)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX delivery_due ON delivery (sink, due) WHERE state = 'waiting'",
    "CREATE TABLE suppression (same TEXT PRIMARY KEY, until INTEGER NOT NULL, note TEXT NOT NULL) STRICT",
    "CREATE TABLE tally (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
)


def outbox_file(named: str = "") -> Path:
    """In the directory ``named``, or the state directory of the user."""
    return Path(named or state_directory(), FILE)


def open_outbox(path: Path, *, make: bool = True) -> sqlite3.Connection:
    """Open it; made where it is missing and ``make`` says so. Raises AlertError."""
    if not make and not path.exists():
        raise AlertError(f"{path}: there is no outbox: no alert was ever kept here")
    try:
        prepare(path)
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    except (StoreError, sqlite3.Error) as error:
        raise AlertError(str(error)) from None
    try:
        for setting in _SETTINGS:
            connection.execute(setting).fetchall()
        with transaction(connection):
            _bring_up(connection)
    except (sqlite3.Error, AlertError) as error:
        connection.close()
        raise AlertError(f"{path}: {error}") from None
    return connection


def _bring_up(connection: sqlite3.Connection) -> None:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and application != APPLICATION:
        raise AlertError("a database, but no outbox of procwire")
    if layout > LAYOUT:
        raise AlertError(f"made by a newer procwire (layout {layout}; this one knows {LAYOUT})")
    if not tables:
        for statement in _TABLES:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {LAYOUT}")
