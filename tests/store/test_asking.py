"""Questions: stored and live tables together, values bound, limits said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procwire.model.columns import Kind
from procwire.store.asking import Answer, Limits, QueryError, Questions
from procwire.store.reason import StoreError
from procwire.store.writer import Writer
from tests.store.probe import KEYED, PROBE, row

FEW = Limits(seconds=20, rows=1000, heap_bytes=256 << 20)
OTHER = msgspec.structs.replace(PROBE, name="other")


def live_rows() -> Iterable[Any]:
    return [row(name="now", count=1, tags=("x",)), row(name="b", count=1 << 70)]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with Writer(tmp_path / "history.db", (PROBE, KEYED)) as writer:
        for number, name in enumerate("abc"):
            writer.add("probe", row(name=name, count=number, took=80_000_000, tags=("syn", name)))
            writer.add("keyed", row(name=name, size=number))
    return tmp_path / "history.db"


Ask = Callable[..., Answer]


@pytest.fixture
def ask(store: Path) -> Any:
    live = {"keyed": (KEYED, live_rows)}
    with Questions((PROBE, KEYED, OTHER), store=store, live=live, limits=FEW) as questions:
        yield questions.ask


def rows(answer: Answer) -> list[tuple[Any, ...]]:
    return [tuple(column.get(one) for column in answer.table) for one in answer.rows]


def test_stored_rows_are_found_with_their_kinds(ask: Ask) -> None:
    answer = ask("SELECT name, took, tags, count + 1 AS more FROM probe WHERE count > :least", {"least": 0})
    assert rows(answer) == [("b", 80_000_000, ("syn", "b"), 2), ("c", 80_000_000, ("syn", "c"), 3)]
    kinds = [column.kind for column in answer.table]
    assert kinds == [Kind.TEXT, Kind.DURATION, Kind.LIST, Kind.INTEGER]
    assert answer.stored == {"probe"}
    assert answer.cut == ""


def test_live_tables_come_first_and_are_read_anew(ask: Ask) -> None:
    assert rows(ask("SELECT name, count FROM keyed")) == [("now", 1), ("b", None)]
    assert rows(ask("SELECT name FROM live.keyed")) == [("now",), ("b",)]
    assert rows(ask("SELECT name FROM store.keyed")) == [("a",), ("b",), ("c",)]
    together = "SELECT p.name, k.tags FROM probe p JOIN keyed k USING (name)"
    assert rows(ask(together)) == [("b", None)]
    assert ask(together).stored == {"probe"}


def test_a_declared_table_without_rows_is_empty(ask: Ask) -> None:
    assert rows(ask("SELECT name, run FROM other")) == []
    assert rows(ask("SELECT count(*) FROM other")) == [(0,)]


def test_an_older_file_has_the_newer_columns(tmp_path: Path) -> None:
    older = msgspec.structs.replace(PROBE, columns=PROBE.columns[:2])
    with Writer(tmp_path / "history.db", (older,)) as writer:
        writer.add("probe", row(name="a"))
    with Questions((PROBE,), store=tmp_path / "history.db", live={}, limits=FEW) as questions:
        assert rows(questions.ask("SELECT name, tags, run FROM probe")) == [("a", None, 1)]
        assert rows(questions.ask("SELECT count(*) FROM probe WHERE tags IS NULL")) == [(1,)]


def test_without_a_store_there_is_what_is_live(tmp_path: Path) -> None:
    live = {"keyed": (KEYED, live_rows)}
    with Questions((PROBE, KEYED), store=None, live=live, limits=FEW) as questions:
        assert len(rows(questions.ask("SELECT * FROM keyed"))) == 2
        assert rows(questions.ask("SELECT * FROM probe")) == []
    with pytest.raises(StoreError):
        Questions((PROBE,), store=tmp_path / "none.db", live={}, limits=FEW)


def test_more_rows_than_allowed_are_said(store: Path) -> None:
    two = msgspec.structs.replace(FEW, rows=2)
    with Questions((PROBE,), store=store, live={}, limits=two) as questions:
        answer = questions.ask("SELECT name FROM probe")
        assert rows(answer) == [("a",), ("b",)]
        assert "2 rows" in answer.cut


def test_a_deadline_stops_with_what_there_is(store: Path) -> None:
    quick = msgspec.structs.replace(FEW, seconds=0.2, rows=1 << 40)
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
    with Questions((PROBE,), store=store, live={}, limits=quick) as questions:
        answer = questions.ask(endless)
        assert sum(1 for _ in answer.rows) > 0
        assert "stopped after 0.2 seconds" in answer.cut
        with pytest.raises(QueryError, match="before the first row") as caught:
            questions.ask(endless.replace("SELECT x FROM c", "SELECT max(x) FROM c"))
        assert caught.value.stopped


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("SELECT :a", {}, "no value for :a"),
        ("SELECT 1", {"b": 1}, "no :b"),
        ("SELECT nane FROM probe", {}, "did you mean name"),
        ("SELECT * FROM live.probe", {}, "live are keyed"),
        ("SELECT * FROM store.other", {}, "nothing of it is stored"),
        ("SELECT span('x')", {}, "user-defined function"),
        ("DELETE FROM probe", {}, "only SELECT"),
    ],
)
def test_what_is_wrong_is_said(ask: Ask, text: str, values: dict[str, Any], said: str) -> None:
    with pytest.raises(QueryError, match=said) as caught:
        ask(text, values)
    assert caught.value.usage


def test_values_are_bound_and_never_read_as_sql(ask: Ask) -> None:
    hostile = "x' OR 1=1; DROP TABLE probe; --"
    assert rows(ask("SELECT name FROM probe WHERE name = :v", {"v": hostile})) == []
    assert rows(ask("SELECT :v", {"v": hostile})) == [(hostile,)]
    assert len(rows(ask("SELECT name FROM probe"))) == 3


def test_a_plan_is_explained(store: Path) -> None:
    with Questions((PROBE, KEYED), store=store, live={}, limits=FEW) as questions:
        lines = questions.explain("SELECT * FROM keyed WHERE name = 'a'")
    assert any("keyed.key" in line for line in lines)
