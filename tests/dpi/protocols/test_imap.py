"""IMAP: exchanges, literals, logins, STARTTLS."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import imap
from procwire.model.observation import Upgraded
from tests.dpi.hearing import IN, OUT, claimed, heard, recited


def test_session() -> None:
    seen = recited(imap, "session")
    assert [(one.command, one.status, one.responses) for one in seen] == [
        ("", "OK", 0), ("LOGIN", "OK", 0), ("SELECT", "OK", 2), ("FETCH", "OK", 1), ("APPEND", "OK", 0),
        ("AUTHENTICATE", "NO", 0), ("LOGOUT", "OK", 1),
    ]  # fmt: skip
    login, authenticate = seen[1], seen[5]
    assert (login.argument, login.user, login.credentials, login.latency) == ("mrc ***", "mrc", True, 10)
    assert (authenticate.argument, authenticate.credentials) == ("PLAIN ***", True)
    assert "secret" not in repr(seen)
    assert "AGFsaWNl" not in repr(seen)


def test_starttls_hands_on() -> None:
    last = recited(imap, "starttls")[-1]
    assert isinstance(last, Upgraded)
    assert last.hint == "tls"


@pytest.mark.parametrize(
    ("line", "argument", "user"),
    [
        (b'a LOGIN "al ice" "pass\\"word"', "al ice ***", "al ice"),
        (b"a LOGIN {5}", "***", ""),
        (b"a AUTHENTICATE XOAUTH2 dXNlcg==", "XOAUTH2 ***", ""),
    ],
)
def test_secrets_are_masked(line: bytes, argument: str, user: str) -> None:
    (seen,) = heard(imap, (OUT, line + b"\r\n"))
    assert (seen.argument, seen.user, seen.credentials) == (argument, user, True)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"* OK ready\r\n", "yes"),
        (b"* PRE", "need more"),
        (b"* 1 EXISTS\r\n", "no"),
        (b"a1 CAPABILITY\r\n", "yes"),
        (b"a1 CAPA", "need more"),
        (b"GET /index", "no"),
        (b"hello world\r\n", "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(imap, data) == answer


def test_behind_compression_nothing_is_read() -> None:
    seen = heard(
        imap, (OUT, b"a COMPRESS DEFLATE\r\n"), (IN, b"a OK active\r\n"), (IN, b"\x00\xff"), (OUT, b"\x01\n")
    )
    assert [one.command for one in seen] == ["COMPRESS"]


def test_what_is_no_response() -> None:
    with pytest.raises(ProtocolError):
        heard(imap, (IN, b"* OK\r\n"), (IN, b"\x00\x01\n"))
