"""SMTP: exchanges, mails, logins, STARTTLS."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import smtp
from procwire.model.observation import Upgraded
from tests.dpi.hearing import IN, OUT, claimed, heard, listening, recited

GREETING = b"220 mail.example.com ESMTP\r\n"


def test_session() -> None:
    seen = recited(smtp, "session")
    greeting = seen[0]
    assert (greeting.server, greeting.code) == ("mail.example.com", 220)
    exchanges = [(one.command, one.code) for one in seen if isinstance(one, smtp.SmtpExchange)]
    assert exchanges == [
        ("EHLO", 250), ("AUTH", 235), ("MAIL", 250), ("RCPT", 250), ("RCPT", 550), ("DATA", 354),
        ("MAIL", 250), ("RCPT", 250), ("QUIT", 221),
    ]  # fmt: skip
    first, second = [one for one in seen if isinstance(one, smtp.SmtpMail)]
    assert (first.mail_from, first.rcpt_to) == ("alice@example.org", ("bob@example.com",))
    assert (first.subject, first.message_id, first.size_bytes) == ("hello there", "<1@example.org>", 108)
    assert (second.mail_from, second.size_bytes, second.code) == ("", 11, 250)


def test_password_is_masked() -> None:
    (auth,) = [one for one in recited(smtp, "session") if getattr(one, "command", "") == "AUTH"]
    assert (auth.argument, auth.credentials, auth.latency) == ("PLAIN ***", True, 10)
    seen = heard(
        smtp, (IN, GREETING), (OUT, b"AUTH LOGIN\r\n"), (IN, b"334 VXNl\r\n"), (OUT, b"YWxpY2U=\r\n"),
        (IN, b"334 UGFz\r\n"), (OUT, b"c2VjcmV0\r\n"), (IN, b"535 no\r\n"),
    )  # fmt: skip
    assert "c2VjcmV0" not in repr(seen)
    assert "YWxpY2U" not in repr(seen)
    assert [one.credentials for one in seen[1:]] == [False, True, True]


def test_starttls_hands_on() -> None:
    parser = listening(smtp)
    list(parser.feed(IN, GREETING, now=1))
    list(parser.feed(OUT, b"STARTTLS\r\n", now=2))
    *_, last = parser.feed(IN, b"220 go\r\nrest", now=3)
    assert isinstance(last, Upgraded)
    assert last.hint == "tls"
    assert parser.remainder(IN) == b"rest"


def test_unanswered_command_is_told_at_the_end() -> None:
    (last,) = heard(smtp, (OUT, b"EHLO x\r\n"))
    assert (last.command, last.code, last.latency) == ("EHLO", None, None)


@pytest.mark.parametrize(
    ("data", "port", "answer"),
    [
        (GREETING, 0, "yes"),
        (b"220 hello\r\n", 25, "yes"),
        (b"220 hello\r\n", 0, "need more"),
        (b"220 FTP ready\r\n", 25, "no"),
        (b"EHLO x\r\n", 0, "yes"),
        (b"HELP\r\n", 0, "no"),
    ],
)
def test_claims(data: bytes, port: int, answer: str) -> None:
    assert claimed(smtp, data, port=port, side=IN) == answer


def test_binary_is_refused() -> None:
    with pytest.raises(ProtocolError):
        heard(smtp, (IN, GREETING), (OUT, b"\x16\x03\x01\n"))
    with pytest.raises(ProtocolError):
        heard(smtp, (IN, GREETING), (OUT, b"BDAT many\r\n"))


def test_gap_in_a_body_is_passed_over() -> None:
    parser = listening(smtp)
    for side, data in (
        (IN, GREETING),
        (OUT, b"DATA\r\n"),
        (IN, b"354 go\r\n"),
        (OUT, b"Subject: x\r\n\r\nbo"),
    ):
        list(parser.feed(side, data, now=1))
    list(parser.gap(OUT, 1000, now=2))
    assert not list(parser.feed(OUT, b"dy\r\n.\r\nQUIT\r\n", now=3))
    assert [one.code for one in parser.feed(IN, b"250 taken\r\n221 bye\r\n", now=4)] == [250, 221]
