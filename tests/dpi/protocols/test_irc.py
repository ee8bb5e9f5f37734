"""IRC: messages, secrets, STARTTLS."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import irc
from procwire.model.observation import Upgraded
from tests.dpi.hearing import IN, OUT, claimed, heard, recited
from tests.dpi.talking import rows


def test_session() -> None:
    seen = recited(irc, "session")
    assert [(one.command, one.target) for one in seen] == [
        ("PASS", "***"), ("NICK", "alice"), ("USER", "alice"), ("001", "alice"), ("JOIN", "#tea"),
        ("PRIVMSG", "NickServ"), ("PRIVMSG", "#tea"), ("JOIN", "#tea"), ("PING", "irc.example.net"),
        ("PONG", "irc.example.net"), ("QUIT", ""), ("ERROR", "Closing link"),
    ]  # fmt: skip
    assert [one.command for one in seen if one.credentials] == ["PASS", "PRIVMSG"]
    assert "wonderland" not in repr(seen)
    assert "hello all" not in repr(seen)
    assert seen[6].text_bytes == 9


def test_pings_and_the_welcome_have_their_latency() -> None:
    seen = heard(
        irc,
        (OUT, b"NICK a\r\nUSER a 0 * :A\r\n"),
        (IN, b":s 001 a :hello\r\nPING :x\r\n"),
        (OUT, b"PONG :x\r\n"),
    )
    told = {one.command: one.latency is not None for one in seen}
    assert told == {"NICK": False, "USER": False, "001": True, "PING": False, "PONG": True}
    assert heard(irc, (OUT, b"NICK a\r\nPING :x\r\nPONG :x\r\n"))[-1].latency is None


def test_starttls_hands_on() -> None:
    last = recited(irc, "starttls")[-1]
    assert isinstance(last, Upgraded)
    assert last.hint == "tls"


def test_real_server() -> None:
    assert rows("irc/session", "irc", command="001", target="alice")
    (flow,) = rows("irc/session", "flow", proto="tcp")
    assert "cleartext-credentials" in flow["risks"]


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"NICK alice\r\n", "yes"),
        (b"PASS x\r\nUSER a b c :d\r\n", "yes"),
        (b":irc.net NOTICE AUTH :*** Looking up\r\n", "yes"),
        (b"USER alice\r\n", "no"),
        (b"PASS x\r\n", "need more"),
        (b"NI", "need more"),
        (b"PUT / HTTP/1.1\r\n", "no"),
        (b":hello\r\n", "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(irc, data) == answer


def test_what_is_no_message() -> None:
    for bad in (b"\x00\x01\r\n", b"x" * 9000):
        with pytest.raises(ProtocolError):
            heard(irc, (OUT, b"NICK a\r\n"), (IN, bad))
