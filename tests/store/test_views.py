"""Tables made of others: whole, and of what is really declared."""

from __future__ import annotations

from pathlib import Path

from procwire.cli.main import main
from procwire.cli.query import known_tables
from procwire.store.asking import Limits, Questions
from procwire.store.views import VIEWS
from tests.cli.program import DNS

LIMITS = Limits(seconds=20, rows=1000, heap_bytes=256 << 20)


def test_a_view_has_the_columns_that_it_declares() -> None:
    known = known_tables()
    with Questions(known.values(), store=None, live={}, limits=LIMITS) as questions:
        for name, view in VIEWS.items():
            answer = questions.ask(f"SELECT * FROM {name}")
            assert list(answer.rows) == []
            assert [column.name for column in answer.table] == [column.name for column in view.table]
            assert set(view.sources) <= set(known)


def test_names_of_addresses(tmp_path: Path) -> None:
    assert main(["read", str(DNS), "--csv", "--store", str(tmp_path)]) == 0
    file = tmp_path / "history.db"
    with Questions(known_tables().values(), store=file, live={}, limits=LIMITS) as questions:
        answer = questions.ask("SELECT * FROM dns_name WHERE within(address, '192.0.2.80')")
        names = {column.name: column.get for column in answer.table}
        rows = [{name: get(row) for name, get in names.items()} for row in answer.rows]
        assert answer.stored == {"dns"}
    assert "www.example.com" in {row["name"] for row in rows}
    assert {row["address"] for row in rows} == {"192.0.2.80"}
    assert all(row["first"] <= row["last"] and row["answers"] >= 1 for row in rows)
