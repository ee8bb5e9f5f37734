"""Checks: names, operators and values, each with its place and what would be right."""

from __future__ import annotations

import pytest

from procwire.model.filter import checker
from procwire.model.filter.checker import Checker, Known, Search
from procwire.model.filter.fault import FilterError
from procwire.model.filter.parser import parse
from procwire.model.tables import FLOWS, PACKETS


def check(text: str) -> checker.Meaning:
    return Checker(text, FLOWS).check(parse(text))


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("sever_name == x", 0, "not a column of flow", "server_name"),
        ("a == 1 or qqqq == 2", 0, "not a column", "procwire columns"),
        ("bytes ~ x", 0, "~ does not go with bytes, which is a size", "==, !=, <"),
        ("proto < tls", 0, "which is text", "contains"),
        ("bytes > 1ms", 8, "bytes is a size, and 1ms does not fit", "1MB"),
        ("rtt > 80", 6, "rtt is a duration", "80ms"),
        ("port == https", 8, "src_port is an integer, and https is not a whole number", "443"),
        ("addr == x", 8, "src is an address", "10.0.0.0/8"),
        ("port in {1, x}", 12, "x is not a whole number", "443"),
        ('sni ~ "("', 6, "not valid", "contains"),
        ('sni ~ "(a+)+"', 6, "very long", "++"),
        ("port 443", 0, "port is a column", "is known"),
        ('pid == "7"', 7, "leave the quotes away", "443"),
    ],
)
def test_errors(text: str, at: int, message: str, hint: str) -> None:
    with pytest.raises(FilterError) as caught:
        check(text)
    assert caught.value.at == at
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_names_in_any_case_and_quoted_words_are_free() -> None:
    assert check("Process.Name IS KNOWN") == Known(columns=("process",), negate=False)
    found = check('"port"')
    assert isinstance(found, Search)
    assert "dst_port" in found.columns
    assert "bytes" not in found.columns


def test_values_go_to_the_columns_that_they_fit() -> None:
    found = check("host in {10.0.0.0/8, example.com}")
    assert isinstance(found, checker.Test)
    assert {term.column: len(term.values) for term in found.terms} == {"src": 1, "dst": 1, "server_name": 2}


def test_other_tables_have_other_names() -> None:
    text = "bytes > 1kB and flags == syn"
    assert Checker(text, PACKETS).check(parse(text))
    with pytest.raises(FilterError, match="not a column of packet"):
        Checker("pid == 1", PACKETS).check(parse("pid == 1"))
