"""A hunter beside a watch: what it finds is fetched, and what it cannot read is said."""

from __future__ import annotations

from pathlib import Path

from procwire.hunting.thread import Hunt
from tests.detect.test_rule import TABLES
from tests.hunting.stored import failed, keep, rule


def test_rows_that_come_after_it_was_made_are_found_by_its_end(tmp_path: Path) -> None:
    file = keep(tmp_path, failed(0, 1, 2, 3, src="10.0.0.9"))
    hunt = Hunt([rule()], TABLES, file, patient=True)
    assert hunt.fetch() == []
    keep(tmp_path, failed(0, 1, 2, 3))
    found = hunt.finish()
    assert {one.source for one in found} == {"10.0.0.5", "10.0.0.9"}  # the window sees what was there before
    assert hunt.problem == ""
    assert hunt.stopped == {}


def test_without_rules_there_is_no_thread_until_some_come(tmp_path: Path) -> None:
    hunt = Hunt([], TABLES, keep(tmp_path, []), patient=True)
    assert hunt.fetch() == []
    assert hunt.finish() == []
    again = Hunt([], TABLES, keep(tmp_path, []), patient=True)
    again.take([rule()])
    again.fetch()
    keep(tmp_path, failed(0, 1, 2, 3))
    assert len(again.finish()) == 1


def test_a_store_that_is_gone_is_a_problem(tmp_path: Path) -> None:
    file = keep(tmp_path, failed(0))
    hunt = Hunt([rule()], TABLES, file, patient=True)
    file.write_text("no database " * 1000)
    assert hunt.finish() == []
    assert hunt.problem
