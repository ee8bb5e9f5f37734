"""Finger: who is asked for by a real client; only on its port, only one line."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import finger
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

TCP = context("tcp", 79)


def test_questions_of_a_client() -> None:
    asked = rows("finger/users", "finger", message="query")
    assert [(line.get("user", ""), line.get("host", ""), line["verbose"]) for line in asked] == [
        ("root", "", False), ("nobody", "", True), ("", "", False), ("root", "elsewhere.example", False),
    ]  # fmt: skip
    answered = rows("finger/users", "finger", message="response")
    assert all(line["lines"] and line["latency"] > 0 for line in answered)
    assert apps("finger/users") == {("finger", "content")}


def test_claims() -> None:
    assert claimed(finger, b"\r\n", TCP)
    assert claimed(finger, b"/W root\r\n", TCP)
    assert finger.claims(b"ro", OUT, TCP) is Claim.MORE
    assert not claimed(finger, b"root\r\n", context("tcp", 80))
    assert not claimed(finger, b"root\r\n", TCP, IN)
    assert not claimed(finger, b"GET / HTTP/1.1\r\n", TCP)
    assert not claimed(finger, b"one\r\ntwo\r\n", TCP)
    assert finger.claims(b"a" * 300, OUT, TCP) is Claim.NO


def test_no_answer_says_nothing() -> None:
    assert [one.message for one in talk(finger, TCP, (OUT, b"root\r\n"))] == ["query"]


def test_more_than_a_question() -> None:
    with pytest.raises(ProtocolError):
        talk(finger, TCP, (OUT, b"a\r\n"), (OUT, b"b\r\n"))
    with pytest.raises(ProtocolError):
        finger.Parser(TCP)._line(1)
