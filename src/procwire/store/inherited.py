"""The database of ProcMonD, read row by row: SQLite, opened to be read alone, nothing of it believed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from procwire.model.inherited import InheritedRow
from procwire.store.reason import StoreError

COLUMNS = ("id", "ppid", "updated_at", "name", "path", "valid", "hash", "accessible", "file_exists")
MAX_TEXT = 4096  # characters of one value
MOST = 1 << 62
_SECONDS = 1 << 33  # beyond it, a number is of smaller units


def inherited(path: Path) -> Iterator[InheritedRow]:
    """Every process that is in it. Raises StoreError."""
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from None
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        there = {name for (name,) in connection.execute("SELECT name FROM pragma_table_info('processes')")}
        kind = connection.execute("SELECT type FROM sqlite_schema WHERE name = 'processes'").fetchone()
        if not {"id", "name"} <= there or kind != ("table",):
            raise StoreError(f"{path}: not a database of ProcMonD's: no table processes with id and name")
        wanted = ", ".join(name if name in there else f"NULL AS {name}" for name in COLUMNS)
        for row in connection.execute(f"SELECT {wanted} FROM processes"):  # noqa: S608 - names of ours
            yield _row(dict(zip(COLUMNS, row, strict=True)))
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from None
    finally:
        connection.close()


def _row(values: dict[str, Any]) -> InheritedRow:
    return InheritedRow(
        time=_time(values["updated_at"]),
        pid=_number(values["id"]),
        ppid=_number(values["ppid"]),
        name=_text(values["name"]),
        exe=_text(values["path"]),
        digest=_text(values["hash"]).lower(),
        valid=_truth(values["valid"]),
        accessible=_truth(values["accessible"]),
        there=_truth(values["file_exists"]),
    )


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    return "" if value is None else str(value)[:MAX_TEXT]


def _number(value: Any) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
    return number if 0 <= number < MOST else 0


def _truth(value: Any) -> bool | None:
    if value is None:
        return None
    return str(value).strip().lower() in {"1", "true", "yes", "t"}


def _time(value: Any) -> int:
    """ns since 1970, of seconds, milliseconds or text in UTC; 0 for what is none."""
    if isinstance(value, int | float):
        unit = 10**9 if value < _SECONDS else 10**6
        return int(value * unit) if 0 < value < MOST / unit else 0
    try:
        found = datetime.fromisoformat(_text(value).strip())
    except ValueError:
        return 0
    moment = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return max(0, int(moment.timestamp())) * 10**9 + moment.microsecond * 1000
