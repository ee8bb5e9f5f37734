"""Text that is safe to print."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.shown import MAX_STATEMENT, MAX_TEXT, clean, plain, shown, statement


def test_text_is_bounded_and_printable() -> None:
    assert shown("caf\u00e9".encode()) == "caf\u00e9"
    assert shown(b"caf\xe9") == "caf\u00e9"
    assert shown(b"a\x1b[2Jb") == "a\\x1b[2Jb"
    assert len(shown(b"x" * 5000)) == MAX_TEXT
    assert shown(("\u20ac" * 400).encode()).startswith("\u20ac")
    assert clean("\u202eevil") == "\\u202eevil"


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
    assert len(statement(b"x" * 9999)) == MAX_STATEMENT
    assert (plain(b"abc"), plain(b""), plain(b"a\n"), plain(b"\xe9")) == (True, False, False, False)
