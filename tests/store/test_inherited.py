"""The database of the ancestor."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from procwire.model.inherited import InheritedRow
from procwire.store.inherited import inherited
from procwire.store.reason import StoreError

TABLE = "CREATE TABLE processes (id, ppid, updated_at, name, path, valid, hash, accessible, file_exists)"


def database(path: Path, *rows: tuple[Any, ...], made: str = TABLE) -> Path:
    connection = sqlite3.connect(path)
    connection.execute(made)
    if rows:
        connection.executemany(f"INSERT INTO processes VALUES ({', '.join('?' * len(rows[0]))})", rows)
    connection.commit()
    connection.close()
    return path


def test_rows_are_read_as_they_were_meant(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db",
        (7, 1, "2024-05-06 07:08:09.5", "sh", "/bin/sh", 1, "AB", "true", 0),
        (8, 7, 1_700_000_000, b"x\xff", None, None, None, None, None),
        (-1, "x", 1_700_000_000_000, "y" * 10_000, "", "no", "", 0, 1),
        (9, 1e300, float("inf"), "z", "", 0, "", 0, 0),
    )  # fmt: skip
    first, second, third, fourth = inherited(path)
    assert first == InheritedRow(
        time=1_714_979_289_500_000_000, pid=7, ppid=1, name="sh", exe="/bin/sh", digest="ab", valid=True,
        accessible=True, there=False,
    )  # fmt: skip
    assert (second.time, second.name, second.valid) == (1_700_000_000 * 10**9, "x\\xff", None)
    assert (third.time, third.pid, len(third.name), third.valid) == (second.time, 0, 4096, False)
    assert (fourth.time, fourth.ppid) == (0, 0)


def test_columns_may_lack(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", (7, "sh"), made="CREATE TABLE processes (id, name)")
    assert list(inherited(path)) == [InheritedRow(pid=7, name="sh")]


@pytest.mark.parametrize(
    "made", ["CREATE TABLE other (id, name)", "CREATE VIEW processes AS SELECT 1 AS id, 2 AS name"]
)
def test_another_database_is_refused(tmp_path: Path, made: str) -> None:
    with pytest.raises(StoreError, match="not a database of ProcMonD's"):
        list(inherited(database(tmp_path / "a.db", made=made)))


def test_what_is_damaged_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(StoreError, match=r"a\.db: "):
        list(inherited(tmp_path / "a.db"))
    with pytest.raises(StoreError):
        list(inherited(tmp_path / "none.db"))
