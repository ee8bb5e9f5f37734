"""PPTP: the control connection."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import pptp
from tests.dpi.hearing import OUT, claimed, heard, listening, recited
from tests.dpi.samples import dialogues


def test_control() -> None:
    asked, answered, call, reply = recited(pptp, "control")
    assert (asked.message, asked.host, asked.vendor, asked.obsolete) == (
        "start-request",
        "client",
        "linux",
        True,
    )
    assert (answered.host, answered.result, answered.latency) == ("server", 1, 10)
    assert (call.call_id, reply.call_id, reply.result, reply.latency) == (5, 6, 1, 10)


def test_next_message_is_found_behind_a_gap() -> None:
    first = dialogues("pptp")[0].steps[0][1]
    parser = listening(pptp)
    list(parser.feed(OUT, first[:50], now=1))
    list(parser.gap(OUT, 10, now=2))
    assert [one.message for one in parser.feed(OUT, first[60:] + first, now=3)] == ["start-request"]


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"\0\x9c\0\1\x1a\x2b\x3c\x4d\0\1", "yes"),
        (b"\0\x9c\0\1\x1a", "need more"),
        (b"\0\x9d\0\1\x1a\x2b\x3c\x4d\0\1", "no"),
        (b"\0\x9c\0\2", "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(pptp, data) == answer


def test_what_is_no_message() -> None:
    with pytest.raises(ProtocolError):
        heard(pptp, (OUT, b"\0\x9c\0\1" + bytes(20)))
