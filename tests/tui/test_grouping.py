"""Groups of flows, and the filters that find their members."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.model.filter import compile_filter
from procwire.tui import grouping
from tests.tui.fake import NOW, TABLES, flow

FLOWS = [flow(number) for number in range(80)]


@pytest.mark.parametrize("by", grouping.BY)
def test_the_filter_of_a_group_finds_exactly_its_members(by: str) -> None:
    for name, one in grouping.grouped(FLOWS, by).items():
        keep = compile_filter(grouping.members(by, name), TABLES["flow"], now=NOW)
        assert sum(keep.matches(row) for row in FLOWS) == one.flows, name


@pytest.mark.parametrize("by", grouping.BY)
def test_every_flow_and_byte_is_in_one_group(by: str) -> None:
    rows = grouping.table_rows(grouping.grouped(FLOWS, by))
    assert sum(row["flows"] for row in rows) == len(FLOWS)
    assert sum(row["bytes"] for row in rows) == sum(row["bytes"] for row in FLOWS)
    assert [row["bytes"] for row in rows] == sorted((row["bytes"] for row in rows), reverse=True)


def test_different_confidences_are_mixed() -> None:
    found = grouping.grouped([{"process": "a", "owner_confidence": "exact"}, {"process": "a"}], "process")
    assert found["a"].confidence == grouping.MIXED


def test_what_is_not_known_comes_last_either_way() -> None:
    rows: list[dict[str, Any]] = [{"a": None}, {"a": 1}, {"a": 2}]
    assert [row["a"] for row in grouping.ordered(rows, "a", descending=True)] == [2, 1, None]
    assert [row["a"] for row in grouping.ordered(rows, "a", descending=False)] == [1, 2, None]


def test_quotes_in_names_are_escaped() -> None:
    name = 'a"b\\c'
    keep = compile_filter(grouping.members("process", name), TABLES["flow"], now=NOW)
    assert keep.matches({"process": name})


def test_filters_are_joined() -> None:
    assert grouping.both("a or b", "c") == "(a or b) and c"
    assert grouping.both("", "c") == "c"


def test_the_most_frequent_come_first() -> None:
    assert grouping.counted(["a", "b", "b", None, ""], 5) == [("b", 2), ("a", 1)]


def test_a_guess_is_not_the_protocol_that_was_seen() -> None:
    sums = dict.fromkeys(grouping.COLUMNS, 1)
    sure = ("content", "announced", "port-guess")
    rows = [sums | {"group": "http", "confidence": each} for each in sure]
    found = grouping.named(rows, "protocol")
    assert [(row["group"], row["flows"], row["confidence"]) for row in found] == [
        ("http", 2, grouping.MIXED),
        ("http?", 1, "port-guess"),
    ]
    assert len(grouping.named([rows[0] | {"confidence": "exact"}], "process")) == 1
