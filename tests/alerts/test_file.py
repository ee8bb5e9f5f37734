"""The outbox's file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from procwire.alerts.file import LAYOUT, open_outbox, outbox_file
from procwire.alerts.reason import AlertError


def test_is_written_with_care_and_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "state" / "alerts.db"
    connection = open_outbox(path)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA user_version").fetchone() == (LAYOUT,)
    assert path.stat().st_mode & 0o777 == 0o600
    connection.close()
    open_outbox(path).close()
    assert outbox_file(str(tmp_path)) == tmp_path / "alerts.db"


def test_refuses_what_is_not_its_own(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    made = sqlite3.connect(other)
    made.execute("CREATE TABLE x (a)")
    made.commit()
    made.close()
    with pytest.raises(AlertError, match="no outbox of procwire"):
        open_outbox(other)
    with pytest.raises(AlertError, match="no alert was ever kept"):
        open_outbox(tmp_path / "none.db", make=False)
    newer = tmp_path / "newer.db"
    open_outbox(newer).execute("PRAGMA user_version = 99").connection.close()
    with pytest.raises(AlertError, match="newer procwire"):
        open_outbox(newer)
