"""Conditions as closures; that they are SQLite's is test_single's to show."""

from __future__ import annotations

import pytest
import sqlglot

from procwire.detect.sqlmatch import Compiler, NotSingle, constant, is_literal
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from tests.detect.made import flow, process


def holds(condition: str, row: FlowRow) -> bool | None:
    tree = sqlglot.parse_one(f"SELECT 1 FROM flow WHERE {condition}", read="sqlite")
    return Compiler(FLOWS).test(tree.args["where"].this)(row)


def test_true_false_and_unknown() -> None:
    row = FlowRow(flow(port=443, owner=process("/usr/bin/curl")))
    assert holds("dst_port = 443 AND exe LIKE '%/CURL'", row) is True
    assert holds("NOT dst_port = 443", row) is False
    assert holds("container = 'x'", row) is None
    assert holds("NOT container = 'x'", row) is None
    assert holds("container = 'x' OR dst_port = 443", row) is True
    assert holds("within(dst, '93.184.0.0/16')", row) is True
    assert holds("NOT coalesce(container = 'x', 0)", row) is True


def test_literals_are_told_from_columns() -> None:
    tree = sqlglot.parse_one("SELECT 1.5, 'a', b", read="sqlite")
    assert [is_literal(one) for one in tree.expressions] == [True, True, False]
    assert [constant(one) for one in tree.expressions[:2]] == [1.5, "a"]
    with pytest.raises(NotSingle):
        holds("nothing = 1", FlowRow(flow()))
