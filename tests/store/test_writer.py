"""The queue in front of the file: bounds, flushes, and processes that are killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from procwire.store import writer as module
from procwire.store.filing import OVERFLOW
from procwire.store.writer import Writer
from tests.store.probe import PROBE, row

KILLS = 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def asked(path: Path, question: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def test_what_is_added_is_there_after_a_flush_and_after_the_end(path: Path) -> None:
    with Writer(path, (PROBE,), command="test") as writer:
        for number in range(5000):
            writer.add("probe", row(count=number))
        assert writer.flush(20)
        assert asked(path, "SELECT count(*) FROM probe") == [(5000,)]
        writer.add("probe", row(count=5000))
    assert asked(path, "SELECT count(*), max(count) FROM probe") == [(5001, 5000)]
    assert writer.counts.rows == 5001
    assert (writer.counts.waiting, writer.counts.lost, writer.counts.problem) == (0, {}, "")


def test_a_queue_that_is_full_loses_rows_and_counts_them(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 10)
    writer = Writer(path, (PROBE,))
    for number in range(25):
        writer.add("probe", row(count=number))
    assert writer.counts.lost == {OVERFLOW: 15}
    with writer:
        assert writer.flush(20)
        assert writer.counts.lost == {OVERFLOW: 15}
    assert asked(path, "SELECT max(count) FROM probe") == [(9,)]
    assert asked(path, "SELECT kept_in, rows, reason FROM store_loss") == [("probe", 15, OVERFLOW)]
    assert asked(path, "SELECT rows, lost FROM store_run") == [(10, 15)]


def test_a_patient_one_waits_instead(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 10)
    monkeypatch.setattr(module, "BATCH_ROWS", 4)
    with Writer(path, (PROBE,), patient=True) as writer:
        for number in range(300):
            writer.add("probe", row(count=number))
    assert writer.counts.lost == {}
    assert asked(path, "SELECT count(*) FROM probe") == [(300,)]


def test_one_that_never_began_can_be_closed(path: Path) -> None:
    Writer(path, (PROBE,)).close()
    assert asked(path, "SELECT ended IS NULL FROM store_run") == [(0,)]


def _write_until_killed(path: Path, told: int) -> None:
    """Add rows, and tell how many are certain."""
    with Writer(path, (PROBE,)) as writer:
        number = 0
        while True:
            for _ in range(200):
                writer.add("probe", row(count=number, name=f"row {number}"))
                number += 1
            if writer.flush(5):
                os.write(told, number.to_bytes(8, "big"))


def _killed(path: Path, delay: float) -> int:
    """Rows that were certain when a process was killed."""
    reading, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _write_until_killed(path, told)
        finally:
            os._exit(1)
    os.close(told)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        return int.from_bytes(pipe.read()[-8:], "big")


def test_killed_at_any_moment_it_loses_no_row_that_was_flushed(tmp_path: Path) -> None:
    chance = random.Random(20261125)
    for number in range(KILLS):
        path = tmp_path / f"{number % 4}.db"  # one file is killed many times
        before = asked(path, "SELECT count(*) FROM probe")[0][0] if _has_rows(path) else 0
        certain = _killed(path, chance.uniform(0.0, 0.06))
        if not path.exists():
            continue
        Writer(path, (PROBE,)).close()  # opens clean
        assert asked(path, "PRAGMA integrity_check") == [("ok",)]
        stored = asked(path, "SELECT count(*) FROM probe")[0][0] if _has_rows(path) else 0
        assert stored - before >= certain
        assert (stored - before) % 200 == 0 or stored - before - certain <= 200
    assert any(_has_rows(tmp_path / f"{number}.db") for number in range(4))


def _has_rows(path: Path) -> bool:
    return path.exists() and bool(asked(path, "SELECT 1 FROM sqlite_schema WHERE name = 'probe'"))
