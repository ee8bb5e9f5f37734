"""WHOIS: a name asked for by a real client; only on its port, only one line."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import whois
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

TCP = context("tcp", 43)


def test_name() -> None:
    asked, answer = rows("whois/name", "whois")
    assert (asked["message"], asked["query"], asked["side"]) == ("query", "example.com", "out")
    assert (answer["name"], answer["registrar"]) == ("EXAMPLE.COM", "The Registrar")
    assert (answer["referral"], answer["lines"]) == ("whois.registrar.example", 4)
    assert answer["latency"] > 0
    assert apps("whois/name") == {("whois", "content")}


def test_claims() -> None:
    assert claimed(whois, b"example.com\r\n", TCP)
    assert whois.claims(b"exam", OUT, TCP) is Claim.MORE
    assert not claimed(whois, b"example.com\r\n", context("tcp", 44))
    assert not claimed(whois, b"example.com\r\n", TCP, IN)
    assert not claimed(whois, b"one\r\ntwo\r\n", TCP)
    assert not claimed(whois, b"a\x01b\r\n", TCP)
    assert whois.claims(b"a" * 300, OUT, TCP) is Claim.NO


def test_no_answer_says_nothing() -> None:
    assert [one.message for one in talk(whois, TCP, (OUT, b"x\r\n"))] == ["query"]


def test_more_than_a_question() -> None:
    with pytest.raises(ProtocolError):
        talk(whois, TCP, (OUT, b"x\r\ny\r\n"))
    with pytest.raises(ProtocolError):
        talk(whois, TCP, (OUT, b"x"), (IN, b"early\r\n"))
    parser: Any = whois.Parser(TCP)
    assert not parser.gap(IN, 5, now=1)
    assert parser.skip(IN) == 0
