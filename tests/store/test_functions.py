"""SQL functions: the words of the filter language in SQL."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import pytest

from procwire.store.functions import FUNCTIONS, register


@pytest.fixture
def connection() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:")
    register(made)
    return made


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("within('10.1.2.3', '10.0.0.0/8')", 1),
        ("within('11.1.2.3', '10.0.0.0/8')", 0),
        ("within('10.0.0.5', '10.0.0.1..10.0.0.9')", 1),
        ("within('2001:db8::1', '2001:db8::/32')", 1),
        ("within('10.1.2.3', '::/0')", 0),
        ("within('no address', '::/0')", 0),
        ("within(NULL, '::/0')", None),
        ("'Example.com' REGEXP '(?i)^EX'", 1),
        ("regexp('^x', 'Example')", 0),
        ("NULL REGEXP 'a'", None),
        ("fold('ÄBC')", "äbc"),
        ("timepart(1767323045000000000, 'hour')", 3),
        ("timepart(1767323045000000000, 'week')", 1),
        ("timepart(1767323045000000000, 'year')", 2026),
        ("timepart(NULL, 'year')", None),
        ("timepart(9223372036854775807, 'month')", 4),
        ("fold(443)", "443"),
        ("rfc3339(1500000000)", "1970-01-01T00:00:01.500000000Z"),
        ("rfc3339(NULL)", None),
        ("moment('1970-01-01T00:00:01Z')", 10**9),
        ("span('80ms')", 80_000_000),
        ("octets('1kB')", 1000),
    ],
)
def test_each_says_what_it_should(connection: sqlite3.Connection, expression: str, value: Any) -> None:
    assert connection.execute(f"SELECT {expression}").fetchone() == (value,)


def test_ago_counts_from_now(connection: sqlite3.Connection) -> None:
    (ago, moment) = connection.execute("SELECT ago('2h'), moment('-2h')").fetchone()
    for value in (ago, moment):
        assert abs(time.time_ns() - 7200 * 10**9 - value) < 60 * 10**9


@pytest.mark.parametrize(
    "expression",
    ["within('1.1.1.1', 'net')", "within('1.1.1.1', '1.1.1.1..::1')", "regexp('(a+)+', 'a')", "span('x')"],
)
def test_what_means_nothing_ends_the_statement(connection: sqlite3.Connection, expression: str) -> None:
    with pytest.raises(sqlite3.OperationalError):
        connection.execute(f"SELECT {expression}").fetchone()


def test_all_are_registered(connection: sqlite3.Connection) -> None:
    known = {name for (name,) in connection.execute("SELECT name FROM pragma_function_list")}
    assert set(FUNCTIONS) <= known


@pytest.mark.parametrize(
    "pattern", ["a", "A%", "%b", "a%b", "%", "%%", "", "_b", "a_%", "ab%b", "%a%b%", "a!%%", "a.b"]
)
@pytest.mark.parametrize("text", ["a", "ab", "aB", "axxb", "", "b", "a%z", "aXb\nb", "Äb", "a.b"])
def test_like_is_sqlites_own(connection: sqlite3.Connection, pattern: str, text: str) -> None:
    theirs = sqlite3.connect(":memory:")
    for asked in ("SELECT ? LIKE ?", "SELECT ? LIKE ? ESCAPE '!'"):
        mine = connection.execute(asked, (text, pattern)).fetchone()
        assert mine == theirs.execute(asked, (text, pattern)).fetchone()
