"""Statements without their secrets."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.statements import MAX_STATEMENT, begins, statement


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("ALTER USER a PASSWORD 'hush'", "ALTER USER a PASSWORD ***"),
        ("create user a identified by 'hu''sh' x", "create user a identified by *** x"),
        (
            "CREATE USER a IDENTIFIED WITH mysql_native_password AS 'hush'",
            "CREATE USER a IDENTIFIED WITH mysql_native_password AS ***",
        ),
        ("set password = password('hush')", "set password = password(***)"),
        ("create login a with password = N'hush'", "create login a with password = N***"),
        ("alter role a password 'hush", "alter role a password ***"),
        ("select password from t where a = 'x'", "select password from t where a = 'x'"),
    ],
)
def test_secrets_in_statements_are_masked(text: str, masked: str) -> None:
    assert statement(text.encode()) == masked


def test_statement_is_one_bounded_line() -> None:
    assert statement(b"select\n\t 1") == "select 1"
    assert len(statement(b"x" * 9999)) == MAX_STATEMENT + 1


def test_statement_is_known_by_its_verb() -> None:
    for text in (b"SELECT 1", b"  (select 1)", b"/* till */ update t", b"with x as"):
        assert begins(text)
    for text in (b"", b"selection", b"hello", b"\xff\xfe"):
        assert not begins(text)
