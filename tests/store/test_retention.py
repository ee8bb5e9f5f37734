"""What is forgotten, and that the space comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from procwire.store.file import open_file, ready, transaction
from procwire.store.retention import STEP_ROWS, Limits, Retention
from procwire.store.schema import insert
from tests.store.probe import KEYED, PROBE


def store(path: Path, table: Any, rows: int, stored_at: int, connection: Any = None) -> Any:
    connection = connection or open_file(path / "history.db")
    rest = [None] * (len(table.columns) - 1)
    with transaction(connection):
        ready(connection, table)
        connection.executemany(
            insert(table), ([1, stored_at + n, f"{table.name}{n} " + "x" * 300, *rest] for n in range(rows))
        )
    return connection


def count(connection: Any, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def finish(retention: Retention, now: int) -> int:
    steps = 1
    while retention.step(now):
        steps += 1
        assert steps < 1000
    return steps


def test_rows_go_by_their_age_and_no_others(tmp_path: Path) -> None:
    connection = store(tmp_path, PROBE, 12_000, 0)
    store(tmp_path, KEYED, 10, 50_000, connection)
    retention = Retention(connection, Limits(age_ns=1000, size_bytes=0))
    assert finish(retention, now=11_000) >= 10_000 // STEP_ROWS
    assert count(connection, "probe") == 2_000
    assert connection.execute("SELECT min(stored_at) FROM probe").fetchone() == (10_000,)
    assert count(connection, "keyed") == 10
    assert retention.forgotten == 10_000


def test_the_oldest_rows_go_while_the_file_is_too_large(tmp_path: Path) -> None:
    connection = store(tmp_path, PROBE, 12_000, 0)
    store(tmp_path, KEYED, 12_000, 1_000_000, connection)
    retention = Retention(connection, Limits(age_ns=0, size_bytes=5_000_000))
    finish(retention, now=1 << 62)
    assert retention.used_bytes() <= 5_000_000
    assert count(connection, "probe") == 0
    assert 0 < count(connection, "keyed") < 12_000
    assert connection.execute("SELECT max(stored_at) FROM keyed").fetchone() == (1_011_999,)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (tmp_path / "history.db").stat().st_size < 6_000_000


def test_without_limits_nothing_goes(tmp_path: Path) -> None:
    connection = store(tmp_path, PROBE, 100, 0)
    assert not Retention(connection, Limits(age_ns=0, size_bytes=0)).step(1 << 62)
    assert count(connection, "probe") == 100


def test_an_empty_file_has_nothing_to_forget(tmp_path: Path) -> None:
    connection = open_file(tmp_path / "history.db")
    assert not Retention(connection, Limits(age_ns=1, size_bytes=1)).step(1 << 62)
    assert count(connection, "store_run") == 0
