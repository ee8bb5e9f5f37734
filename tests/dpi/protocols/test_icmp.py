"""ICMP: what is claimed, and requests without a reply."""

from __future__ import annotations

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction
from procwire.dpi.protocols.icmp import Parser, claims

CONTEXT = Context(transport="icmp")
REQUEST = bytes.fromhex("0800f7ff00070001") + b"ping"
REPLY = bytes.fromhex("0000ffff00070001") + b"ping"


def test_claims_what_the_ip_header_names() -> None:
    assert claims(REQUEST, Direction.OUT, CONTEXT) is Claim.YES
    assert claims(REQUEST[:7], Direction.OUT, CONTEXT) is Claim.NO
    assert claims(REQUEST, Direction.OUT, Context(transport="udp")) is Claim.NO


def test_echo_and_its_reply() -> None:
    parser = Parser(CONTEXT)
    (asked,) = parser.feed(Direction.OUT, REQUEST, now=100)
    (answered,) = parser.feed(Direction.IN, REPLY, now=350)
    assert (asked.message, asked.latency) == ("echo-request", None)  # type: ignore[attr-defined]
    assert (answered.message, answered.latency) == ("echo-reply", 250)  # type: ignore[attr-defined]
    assert not list(parser.finish(900))


def test_unanswered_is_told_at_the_end() -> None:
    parser = Parser(CONTEXT)
    list(parser.feed(Direction.OUT, REQUEST, now=100))
    (left,) = parser.finish(900)
    assert (left.message, left.ident, left.sequence, left.waited) == ("unanswered", 7, 1, 800)  # type: ignore[attr-defined]


def test_is_done_at_once_where_nobody_reads() -> None:
    parser = Parser(Context(transport="icmp", told=False))
    assert list(parser.feed(Direction.OUT, REQUEST, now=1))
    assert parser.skip(Direction.OUT) == ENOUGH
    assert not list(parser.finish(2))
