"""The file: its layout, whose it is, and declarations that have moved on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest

from procwire.store import file
from procwire.store.file import columns_there, open_file, ready, transaction
from procwire.store.reason import StoreError
from tests.store.probe import PROBE


def test_it_is_made_with_its_settings(tmp_path: Path) -> None:
    connection = open_file(tmp_path / "new" / "history.db")
    read = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "auto_vacuum", "application_id", "user_version")
    }
    assert read == {
        "journal_mode": "wal", "synchronous": 1, "auto_vacuum": 2, "application_id": file.APPLICATION,
        "user_version": len(file.LAYOUTS),
    }  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {0o600}


def test_tables_come_on_demand_and_follow_their_declaration(tmp_path: Path) -> None:
    older = msgspec.structs.replace(PROBE, columns=PROBE.columns[:2])
    connection = open_file(tmp_path / "history.db")
    assert columns_there(connection, "probe") == {}
    with transaction(connection):
        ready(connection, older)
        connection.execute("INSERT INTO probe (name) VALUES ('kept')")
    connection.close()
    connection = open_file(tmp_path / "history.db")
    assert set(columns_there(connection, "probe")) == {"run", "stored_at", "name", "count"}
    with transaction(connection):
        ready(connection, PROBE)
    assert "tags" in columns_there(connection, "probe")
    before = connection.total_changes
    with transaction(connection):
        ready(connection, PROBE)  # nothing more to do
    assert connection.total_changes == before
    assert connection.execute("SELECT name, tags FROM probe").fetchall() == [("kept", None)]


def test_a_layout_of_before_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_file(tmp_path / "history.db").close()

    def second(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE store_more (name TEXT) STRICT")

    monkeypatch.setattr(file, "LAYOUTS", (*file.LAYOUTS, second))
    connection = open_file(tmp_path / "history.db")
    assert columns_there(connection, "store_more") == {"name": "TEXT"}
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_file(tmp_path / "history.db").close()

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE store_more (name TEXT) STRICT")
        connection.execute("CREATE TABLE store_more (name TEXT) STRICT")

    with monkeypatch.context() as patch:
        patch.setattr(file, "LAYOUTS", (*file.LAYOUTS, broken))
        with pytest.raises(StoreError, match="already exists"):
            open_file(tmp_path / "history.db")
    connection = open_file(tmp_path / "history.db")
    assert columns_there(connection, "store_more") == {}


def test_a_file_of_a_newer_program_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_file(tmp_path / "history.db").close()
    monkeypatch.setattr(file, "LAYOUTS", ())
    with pytest.raises(StoreError, match="newer procwire"):
        open_file(tmp_path / "history.db")


def test_other_databases_and_other_files_are_refused_and_not_touched(tmp_path: Path) -> None:
    theirs = sqlite3.connect(tmp_path / "theirs.db")
    theirs.execute("CREATE TABLE a (b)")
    theirs.commit()
    (tmp_path / "text.db").write_text("no database at all, but long enough to be one " * 20)
    for name in ("theirs.db", "text.db"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(StoreError, match=name):
            open_file(tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    connection = open_file(tmp_path / "history.db")
    with transaction(connection):
        ready(connection, PROBE)
    with pytest.raises(sqlite3.OperationalError), transaction(connection):
        connection.execute("INSERT INTO probe (name) VALUES ('a'), ((SELECT b FROM nowhere))")
    assert connection.execute("SELECT count(*) FROM probe").fetchone() == (0,)
