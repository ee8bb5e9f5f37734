"""The second wall, alone: what SQLite refuses even where the first wall had let it through."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procwire.store.authority import Authority
from procwire.store.functions import register
from procwire.store.guard import GuardError, examine
from procwire.store.writer import Writer
from tests.store.probe import PROBE, row
from tests.store.test_guard import ATTACKS

HEAP = 256 << 20


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[sqlite3.Connection, Authority]]:
    with Writer(tmp_path / "history.db", (PROBE,)) as writer:
        for number in range(100):
            writer.add("probe", row(name=f"{number}" + "a" * 100, tags=("a", "b")))
    connection = sqlite3.connect(":memory:", uri=True, isolation_level=None)
    connection.execute("ATTACH ':memory:' AS live")
    connection.execute("CREATE TABLE live.flow (app TEXT, risks TEXT)")
    connection.execute("ATTACH ? AS store", (f"{(tmp_path / 'history.db').as_uri()}?mode=ro",))
    register(connection)
    authority = Authority(connection, ["flow", "probe"])
    authority.take_over(heap_bytes=HEAP)
    authority.expect(frozenset(), 10)
    yield connection, authority
    connection.close()


Guarded = tuple[sqlite3.Connection, Authority]
HARMLESS = {  # do nothing by themselves
    "", ";", "-- nothing", "EXPLAIN SELECT 1",
    "WITH sqlite_master AS (SELECT 1) SELECT * FROM sqlite_master",
}  # fmt: skip


@pytest.mark.parametrize("text", [text for text in ATTACKS if text not in HARMLESS])
def test_every_attack_fails_without_the_first_wall(guarded: Guarded, text: str) -> None:
    connection, _ = guarded
    with pytest.raises((sqlite3.Error, sqlite3.Warning, ValueError, MemoryError)):
        connection.execute(text).fetchall()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT count(*) FROM probe",
        "SELECT name, count(*) OVER () FROM store.probe WHERE name LIKE '1%' ORDER BY 1",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 5) SELECT count(*) FROM c",
        "SELECT value FROM probe, json_each(tags)",
        "SELECT count(*) FROM (SELECT 1)",
        "SELECT app FROM live.flow JOIN probe ON within(here, '::/0')",
        "SELECT rowid FROM probe",
    ],
)
def test_questions_are_answered(guarded: Guarded, text: str) -> None:
    connection, authority = guarded
    authority.expect(frozenset({"c"}), 10)
    assert connection.execute(text).fetchall() is not None
    assert authority.denied == ""


PIECES = """SELECT FROM probe flow name count ( ) , * WHERE AND OR NOT 1 'a' = || UNION WITH x AS
json_each(tags) load_extension('x') sqlite_master pragma_database_list ; -- /* */ " ` [ ] :p CASE
WHEN END LIKE GLOB IN OVER (ORDER BY DELETE INSERT INTO ATTACH PRAGMA writable_schema RETURNING
store. main. temp. . \\ NULL CAST( AS TEXT) VALUES JOIN USING EXISTS LIMIT OFFSET zeroblob(9)
COLLATE nocase""".split()  # noqa: SIM905


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=14))
def test_whatever_passes_the_first_wall_reads_and_nothing_else(guarded: Guarded, pieces: list[str]) -> None:
    """And junk raises nothing but the walls' own errors."""
    connection, authority = guarded
    text = " ".join(["SELECT", *pieces])
    try:
        asked = examine(text, (PROBE,))
    except GuardError:
        return
    authority.expect(asked.ctes, 5)
    before = connection.total_changes
    with contextlib.suppress(sqlite3.Error, sqlite3.Warning):
        connection.execute(text, dict.fromkeys(asked.parameters)).fetchmany(100)
    assert connection.total_changes == before
    assert "sqlite_master" not in text or authority.denied or not asked.tables


def test_a_statement_has_a_deadline(guarded: Guarded) -> None:
    connection, authority = guarded
    authority.expect(frozenset({"c"}), 0.05)
    started = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        connection.execute(
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
        ).fetchall()
    assert authority.late
    assert time.monotonic() - started < 30
    authority.expect(frozenset(), 10)
    assert connection.execute("SELECT count(*) FROM probe").fetchone() == (100,)


@pytest.mark.parametrize(
    "text",
    [
        "WITH RECURSIVE c(x) AS (SELECT 'aaaa' UNION ALL SELECT x || x FROM c) SELECT max(length(x)) FROM c",
        "SELECT replace(replace(replace(name, 'a', name), 'a', name), 'a', name) FROM probe",
        f"SELECT {'hex(' * 17}name{')' * 17} FROM probe",
    ],
)
def test_values_do_not_grow_without_an_end(guarded: Guarded, text: str) -> None:
    connection, authority = guarded
    authority.expect(frozenset({"c"}), 20)
    with pytest.raises((sqlite3.Error, MemoryError)):
        connection.execute(text).fetchall()


def test_no_text_holds_a_pattern_up(guarded: Guarded) -> None:
    connection, authority = guarded
    authority.expect(frozenset(), 60)
    started = time.process_time()
    asked = f"SELECT count(*) FROM probe WHERE name || '{'a' * 20_000}' LIKE '{'%a' * 200}%b'"
    assert connection.execute(asked).fetchone() == (0,)
    assert time.process_time() - started < 60


def test_own_statements_come_between(guarded: Guarded) -> None:
    connection, authority = guarded
    authority.let_go()
    connection.execute("CREATE TABLE live.more (a)")
    authority.take_over(heap_bytes=HEAP)
    with pytest.raises(sqlite3.DatabaseError):
        connection.execute("CREATE TABLE live.other (a)")
    with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
        connection.execute("SELECT * FROM live.more")
    assert authority.denied
