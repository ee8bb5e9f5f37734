"""What a condition needs of a row."""

from __future__ import annotations

import pytest
import sqlglot

from procwire.detect.needs import Need
from procwire.detect.sqlneeds import longest, of_sql
from procwire.model.tables import FLOWS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("exe LIKE '%/cu_rl%'", {Need("exe", "/cu")}),
        ("exe = 'X' OR dst_port = 5", {Need("exe", "x", exact=True), Need("dst_port", 5, exact=True)}),
        ("fold(exe) LIKE '%abcdef%' AND dst_port IN (1, 2)", {Need("exe", "abcdef")}),
        ("dst_port IN (1, 2)", {Need("dst_port", 1, exact=True), Need("dst_port", 2, exact=True)}),
        ("exe REGEXP 'python[23]'", {Need("exe", "python")}),
        ("exe LIKE 'a!%bc' ESCAPE '!'", {Need("exe", "a%bc")}),
        ("EXISTS (SELECT 1 FROM json_each(risks) WHERE value LIKE '%weak%')", {Need("risks", "weak")}),
        ("risks LIKE '%weak%'", None),
        ("exe NOT LIKE '%abc%'", None),
        ("NOT exe = 'x'", None),
        ("exe = process", None),
        ("bytes_out = 5", None),
    ],
)
def test_needs(text: str, found: set[Need] | None) -> None:
    tree = sqlglot.parse_one(f"SELECT 1 FROM flow WHERE {text}", read="sqlite")
    assert of_sql(tree.args["where"].this, FLOWS) == found


def test_the_longest_plain_part() -> None:
    assert longest("%ab_cde%", "") == "cde"
    assert longest("a\\%b%c", "\\") == "a%b"
