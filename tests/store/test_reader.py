"""Reading the store: only ours, older files, windows."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procwire.model.filter import compile_filter
from procwire.store.reader import Reader, Window, stored
from procwire.store.reason import StoreError
from procwire.store.writer import Writer
from tests.store.probe import PROBE, row


def filled(path: Path, rows: list[dict[str, Any]], table: Any = PROBE) -> Path:
    with Writer(path / "history.db", (table,), command="test") as writer:
        for one in rows:
            writer.add("probe", one)
    return path / "history.db"


ROWS = [row(name=name, when=when, tags=("x", name)) for when, name in enumerate(("a", "b", "c", "d"))]


def names(path: Path, **more: Any) -> list[str]:
    table = stored(PROBE)
    with Reader(path) as reader:
        return [table.column("name").get(one) for one in reader.rows(PROBE, **more)]


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    with Reader(filled(tmp_path, ROWS)) as reader:
        found = [{column.name: column.get(one) for column in stored(PROBE)} for one in reader.rows(PROBE)]
        assert found == ROWS
        assert reader.names() == ["probe"]


def test_windows_filters_values_and_limits(tmp_path: Path) -> None:
    path = filled(tmp_path, ROWS)
    assert names(path, window=Window(since=1, until=2)) == ["b", "c"]
    assert names(path, keep=compile_filter("tags == c or name == a", PROBE)) == ["a", "c"]
    assert names(path, where=[("name", "d")]) == ["d"]
    assert names(path, limit=1) == ["a"]
    assert names(path, window=Window(since=1), keep=compile_filter("name != c", PROBE), limit=9) == ["b", "d"]


def test_what_an_older_file_lacks_is_not_known(tmp_path: Path) -> None:
    older = msgspec.structs.replace(PROBE, columns=tuple(c for c in PROBE if c.name not in ("tags", "count")))
    path = filled(tmp_path, ROWS, older)
    assert names(path, keep=compile_filter("tags is unknown and count is unknown", PROBE)) == list("abcd")
    assert names(path, keep=compile_filter("tags == a", PROBE)) == []
    with Reader(path) as reader:
        assert list(reader.rows(msgspec.structs.replace(PROBE, name="never"))) == []


def test_a_reading_that_is_given_up_ends_quietly(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    with Reader(filled(tmp_path, ROWS)) as reader:
        rows = reader.rows(PROBE)
        next(rows)
    del rows  # an exception here would be a warning of pytest's
    assert [str(one.message) for one in recwarn] == []


def test_it_cannot_write(tmp_path: Path) -> None:
    with Reader(filled(tmp_path, ROWS)) as reader, pytest.raises(sqlite3.OperationalError):
        reader._connection.execute("DELETE FROM probe")


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database " * 500)
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE a (b)")
    for name, said in (
        ("text.db", "not a database"),
        ("other.db", "not a store"),
        ("none.db", "no store here"),
    ):
        with pytest.raises(StoreError, match=said):
            Reader(tmp_path / name)


def test_nothing_is_missing_after_a_run_that_ended_well(tmp_path: Path) -> None:
    with Reader(filled(tmp_path, ROWS)) as reader:
        assert reader.missing(Window(), ["probe"]) == []


def test_a_run_that_goes_on_is_no_gap(tmp_path: Path) -> None:
    with Writer(tmp_path / "history.db", (PROBE,)) as writer:
        writer.add("probe", ROWS[0])
        writer.flush(10)
        with Reader(tmp_path / "history.db") as reader:
            assert reader.missing(Window(), ["probe"]) == []
            assert len(list(reader.rows(PROBE))) == 1
