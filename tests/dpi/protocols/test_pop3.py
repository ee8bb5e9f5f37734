"""POP3: exchanges, bodies, logins, STLS."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import pop3
from procwire.model.observation import Upgraded
from tests.dpi.hearing import IN, OUT, claimed, heard, recited


def test_session() -> None:
    seen = recited(pop3, "session")
    assert isinstance(seen.pop(), Upgraded)
    assert [(one.command, one.status, one.size_bytes) for one in seen] == [
        ("", "+OK", 0), ("CAPA", "+OK", 12), ("USER", "+OK", 0), ("PASS", "+OK", 0), ("STAT", "+OK", 0),
        ("LIST", "+OK", 14), ("RETR", "+OK", 22), ("LIST", "+OK", 0), ("APOP", "-ERR", 0), ("STLS", "+OK", 0),
    ]  # fmt: skip
    assert "tanstaaf" not in repr(seen)
    assert "c4c9334bac" not in repr(seen)
    assert [one.command for one in seen if one.credentials] == ["PASS", "APOP"]
    assert seen[2].latency == 10


def test_challenge_is_answered_unseen() -> None:
    seen = heard(
        pop3, (IN, b"+OK hi\r\n"), (OUT, b"AUTH PLAIN\r\n"), (IN, b"+ \r\n"), (OUT, b"AGFsaWNlAHg=\r\n"),
        (IN, b"+OK\r\n"),
    )  # fmt: skip
    assert "AGFsaWNl" not in repr(seen)
    assert seen[-1].credentials


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"+OK ready\r\n", "yes"),
        (b"+OK", "need more"),
        (b"+OK\0\0", "no"),
        (b"CAPA\r\n", "yes"),
        (b"USER a\r\n", "need more"),
        (b"+OKAY\r\n", "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(pop3, data) == answer


def test_what_is_no_status() -> None:
    with pytest.raises(ProtocolError):
        heard(pop3, (IN, b"+OK\r\n"), (IN, b"junk\r\n"))


def test_body_that_never_ends_is_told_at_the_end() -> None:
    seen = heard(pop3, (IN, b"+OK\r\n"), (OUT, b"RETR 1\r\n"), (IN, b"+OK\r\n" + b"x" * 5000))
    assert (seen[-1].command, seen[-1].size_bytes) == ("RETR", 4993)
