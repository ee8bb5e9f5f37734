"""XMPP: streams, logins, STARTTLS, tags."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.dpi.protocols import xmpp
from procwire.model.observation import Upgraded
from tests.dpi.hearing import IN, OUT, claimed, heard, listening, recited
from tests.dpi.talking import apps

OPENING = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a.org'>"


def test_session() -> None:
    seen = recited(xmpp, "session")
    assert [(one.message, getattr(one, "detail", "")) for one in seen] == [
        ("stream", ""), ("stream", ""), ("features", ""), ("auth", "PLAIN"), ("result", "success"),
        ("stanza", "message chat"), ("stanza", "presence"),
    ]  # fmt: skip
    assert (seen[0].to, seen[0].namespace) == ("im.example.com", "jabber:client")
    assert seen[2].mechanisms == ("SCRAM-SHA-1", "PLAIN")
    assert [one.message for one in seen if getattr(one, "credentials", False)] == ["auth"]
    assert "Romeo" not in repr(seen)
    assert "AGp1" not in repr(seen)


def test_questions_and_logins_have_their_latency() -> None:
    asked = b"<auth mechanism='PLAIN'>AA==</auth><iq type='get' id='7'><query/></iq><iq type='set' id='8'/>"
    seen = heard(
        xmpp, (OUT, OPENING + asked), (IN, b"<success/><iq id='8' type='result'/><iq id='9' type='error'/>")
    )
    assert [(one.detail, one.latency is not None) for one in seen[1:]] == [
        ("PLAIN", False), ("iq get", False), ("iq set", False),
        ("success", True), ("iq result", True), ("iq error", False),
    ]  # fmt: skip
    assert heard(xmpp, (OUT, OPENING + asked + b"<iq id='7' type='result'/>"))[-1].latency is None


def test_starttls_hands_on() -> None:
    last = recited(xmpp, "starttls")[-1]
    assert isinstance(last, Upgraded)
    assert apps("xmpp/session") == {("xmpp", "content"), ("tls", "content")}


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (OPENING, "yes"),
        (b"<?xml version='1.0'?>\n" + OPENING, "yes"),
        (b"<?xml version='1.0'?><stream:str", "need more"),
        (b"<html>", "no"),
        (b"<?xml version='1.0'?><soap:Envelope>" + b"x" * 1000, "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(xmpp, data) == answer


def test_behind_compression_nothing_is_read() -> None:
    parser = listening(xmpp)
    list(parser.feed(OUT, OPENING, now=1))
    list(parser.feed(IN, b"<compressed xmlns='http://jabber.org/protocol/compress'/>", now=2))
    assert parser.skip(IN) == ENOUGH
    assert list(parser.feed(OUT, b"\x78\x9c<", now=3)) == []


@pytest.mark.parametrize("bad", [b"<" + b"a" * 20_000, b"<\x00\x01>", b"<a" + b"b" * 9000 + b">"])
def test_tags_that_are_none(bad: bytes) -> None:
    with pytest.raises(ProtocolError):
        heard(xmpp, (OUT, OPENING), (IN, bad))


def test_text_between_tags_is_not_held() -> None:
    parser = listening(xmpp)
    list(parser.feed(OUT, OPENING + b"<message to='b'><body>", now=1))
    for _ in range(100):
        assert list(parser.feed(OUT, b"x" * 10_000, now=2)) == []
    assert [one.detail for one in parser.feed(OUT, b"</body></message><presence/>", now=3)] == ["presence"]
