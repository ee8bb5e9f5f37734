"""Batches whole or not at all; full disks, damaged files, rows that do not fit."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from procwire.store import filing
from procwire.store.file import open_file
from procwire.store.filing import FAILED, FULL, UNFIT, Filing
from procwire.store.retention import Limits
from tests.store.probe import KEYED, PROBE, row


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


def opened(path: Path, **more: Any) -> Filing:
    return Filing(path, (PROBE, KEYED), command="test", source="here", **more)


def asked(path: Path, question: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def test_rows_are_stored_with_their_run_and_the_run_is_told_of(path: Path) -> None:
    for number in (1, 2):
        one = opened(path)
        one.put([("probe", row(name="a")), ("keyed", row(name="b")), ("probe", row(name="c"))])
        one.close()
        assert one.run == number
    assert asked(path, "SELECT run, name FROM probe ORDER BY rowid") == [
        (1, "a"),
        (1, "c"),
        (2, "a"),
        (2, "c"),
    ]
    assert asked(path, "SELECT name FROM keyed") == [("b",)]
    told = asked(path, "SELECT run, command, source, rows, lost, problem FROM store_run")
    assert told == [(1, "test", "here", 3, 0, None), (2, "test", "here", 3, 0, None)]
    assert asked(path, "SELECT count(*) FROM store_run WHERE ended >= written AND written >= started") == [
        (2,)
    ]


def test_a_run_that_is_cut_off_has_no_end(path: Path) -> None:
    one = opened(path)
    one.put([("probe", row(name="a"))])
    assert asked(path, "SELECT rows, ended FROM store_run") == [(1, None)]


def test_a_value_that_does_not_fit_does_not_lose_its_neighbours(path: Path) -> None:
    one = opened(path)
    one.put(
        [("probe", row(name="a", count=1 << 70)), ("probe", row(name="\udcff")), ("probe", row(name="c"))]
    )
    assert asked(path, "SELECT name, count FROM probe") == [("a", None), ("\\udcff", None), ("c", None)]
    assert (one.unfit, one.lost, one.rows) == (1, {}, 3)


def test_a_row_of_no_table_loses_its_batch_and_is_counted(path: Path) -> None:
    one = opened(path)
    one.put([("nothing", row()), ("probe", row(name="a"))])
    assert one.lost == {UNFIT: 2}
    one.put([("probe", row(name="b"))])
    assert asked(path, "SELECT kept_in, rows, reason FROM store_loss ORDER BY kept_in") == [
        ("nothing", 1, UNFIT),
        ("probe", 1, UNFIT),
    ]


def full(one: Filing, pages: int) -> None:
    one._connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_pauses_the_storing_and_the_file_says_what_was_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = opened(path)
    one.put([("probe", row(name="before"))])
    full(one, 1)
    wide = [("probe", row(name="x" * 10_000)) for _ in range(50)]
    one.put(wide)
    assert one.lost == {FULL: 50}
    assert "full" in one.problem
    one.put(wide)  # not even tried
    assert one.lost == {FULL: 100}
    full(one, 1 << 30)
    monkeypatch.setattr(one, "_again", 0.0)
    one.put([("probe", row(name="after"))])
    assert one.problem == ""
    assert asked(path, "SELECT name FROM probe") == [("before",), ("after",)]
    assert asked(path, "SELECT kept_in, rows, reason FROM store_loss") == [("probe", 100, FULL)]
    assert asked(path, "SELECT rows, lost FROM store_run") == [(2, 100)]


def test_a_damaged_file_ends_the_storing_for_good(path: Path) -> None:
    one = opened(path)
    one.put([("probe", row(name=f"{n}" + "x" * 500)) for n in range(2000)])
    one.close()
    one = opened(path)  # its header and schema are read; then the rest is damaged
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))
    for name in "ab":
        one.put([("probe", row(name=name))])
    assert one.lost == {FAILED: 2}
    assert "history.db" in one.problem
    one.put([("probe", row(name="c"))])  # not tried again
    assert one.lost == {FAILED: 3}
    one.close()


def test_another_process_may_hold_the_file_for_a_while(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filing, "TRIES", 2)
    one = opened(path, busy_seconds=0.01)
    other = open_file(path)
    other.execute("BEGIN IMMEDIATE")
    one.put([("probe", row(name="a"))])
    assert one.lost == {FAILED: 1}
    assert "locked" in one.problem
    other.execute("ROLLBACK")
    monkeypatch.setattr(one, "_again", 0.0)
    one.put([("probe", row(name="b"))])
    assert asked(path, "SELECT name FROM probe") == [("b",)]


def test_a_run_takes_the_place_of_earlier_ones_of_its_source_and_of_no_others(path: Path) -> None:
    for source in ("a", "b", "a"):
        one = Filing(path, (PROBE,), command="read", source=source)
        one.put([("probe", row(name=source))])
        one.lose([("probe", row())], FULL)
        one.close()
    cut = Filing(path, (PROBE,), command="read", source="a")
    cut.put([("probe", row(name="cut"))])  # never closed: it may be going on
    last = Filing(path, (PROBE,), command="read", source="a")
    assert last.take_place() == 2
    last.put([("probe", row(name="last"))])
    assert asked(path, "SELECT name FROM probe ORDER BY rowid") == [("b",), ("cut",), ("last",)]
    assert asked(path, "SELECT run FROM store_run ORDER BY 1") == [(2,), (4,), (5,)]
    assert asked(path, "SELECT DISTINCT run FROM store_loss") == [(2,)]
    nothing = Filing(path, (PROBE,), command="read")
    assert nothing.take_place() == 0


def test_what_is_too_old_goes(path: Path) -> None:
    one = opened(path, limits=Limits(age_ns=1, size_bytes=0))
    one.put([("probe", row(name="a"))])
    while one.tidy(1 << 62):
        pass
    assert asked(path, "SELECT count(*) FROM probe") == [(0,)]
