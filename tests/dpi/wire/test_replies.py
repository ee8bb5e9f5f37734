"""Replies of three digits, and who greets with them."""

from __future__ import annotations

import re

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.wire.replies import MAX_REPLY_LINES, Replies, claim_client, claim_server

OURS, OTHERS = re.compile(rb"SMTP"), re.compile(rb"FTP")


def test_reply_of_several_lines() -> None:
    replies = Replies()
    assert replies.push(b"250-one") is None
    assert replies.push(b" without a code") is None
    assert replies.push(b"250 two") == (250, [b"one", b" without a code", b"two"])
    assert replies.push(b"221") == (221, [b""])
    with pytest.raises(ProtocolError):
        replies.push(b"hello")


def test_endless_reply_is_not_kept() -> None:
    replies = Replies()
    for _ in range(1000):
        replies.push(b"250-x")
    whole = replies.push(b"250 end")
    assert whole is not None
    assert len(whole[1]) == MAX_REPLY_LINES


@pytest.mark.parametrize(
    ("data", "home", "answer"),
    [
        (b"2", False, Claim.MORE),
        (b"220 mail SMTP", False, Claim.MORE),
        (b"220 mail SMTP\r\n", False, Claim.YES),
        (b"220 an FTP server\r\n", True, Claim.NO),
        (b"220 hello\r\n", False, Claim.MORE),
        (b"220 hello\r\n", True, Claim.YES),
        (b"220 hello\r\n250 SMTP\r\n", False, Claim.YES),
        (b"2200 hello\r\n", False, Claim.NO),
        (b"22x", True, Claim.NO),
    ],
)
def test_greeting(data: bytes, home: bool, answer: Claim) -> None:
    assert claim_server(data, OURS, OTHERS, home) is answer


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"EH", Claim.MORE),
        (b"ehlo x\r\n", Claim.YES),
        (b"USER x\r\n", Claim.MORE),
        (b"USER x\r\nEHLO\r\n", Claim.YES),
        (b"USER x\r\nNICK y\r\n", Claim.NO),
        (b"USERS ", Claim.NO),
        (b"GET / HTTP", Claim.NO),
    ],
)
def test_first_commands(data: bytes, answer: Claim) -> None:
    assert claim_client(data, (b"EHLO",), (b"USER",)) is answer
