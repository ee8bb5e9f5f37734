"""Patterns: what could be slow on hostile text never starts, and what is let in is quick."""

from __future__ import annotations

import time

import pytest

from procwire.model.filter.pattern import MAX_PATTERN, MAX_SEARCHED, PatternError, compile_pattern, searcher

SLOW = [
    "(a+)+$",
    "(a*)*",
    "(a|a)*b",
    "(a|aa)+$",
    "a*a*a*b",
    "(.*,){11}P",
    "(a?){40}a{40}",
    "a?" * 40 + "a" * 40,
    "(x+x+)+y",
    "(?:(?:a{0,9}){0,9}){0,9}b",
    "(?=(a+)+b)a",
    "((a{1,20}){1,20})",
    "(?>(a+)+)b",
    "((a+)+)++b",
]
FINE = [
    r"\.example\.com$",
    "^.*a.*b$",
    "(curl|wget)",
    r"(?:\d{1,3}\.){3}\d{1,3}",
    r"^(?:[a-z0-9-]++\.)++example\.com$",
    "(?:[0-9a-f]{2}:){5}[0-9a-f]{2}",
    "(?i)www",
    "a{3}",
    "(?>a+)b",
    "[^ ]+@[^ ]+",
]


@pytest.mark.parametrize("text", SLOW)
def test_slow_patterns_are_refused(text: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(text)


@pytest.mark.parametrize("text", FINE)
def test_useful_patterns_are_let_in_and_quick(text: str) -> None:
    search = searcher(text)
    start = time.perf_counter()
    for hostile in ("a" * 5000, "ab" * 5000, "1." * 5000, "a-" * 5000 + "!", ":0" * 5000, "@" * 5000):
        assert search(hostile) in (True, False)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    "text",
    ["(", "[", "a{9999}", "(?:){9}", r"(a)\1", "x" * (MAX_PATTERN + 1), "*", "(" * 300, "[[a]", "(?P<a>"],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(text)


def test_only_the_start_of_a_long_value_is_searched() -> None:
    search = searcher("x$|y")
    assert search("a" * (MAX_SEARCHED - 1) + "y") is True
    assert search("a" * MAX_SEARCHED + "y") is False
