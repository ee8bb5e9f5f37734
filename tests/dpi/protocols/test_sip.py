"""SIP: pairs, media, streams."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import sip
from tests.dpi.hearing import IN, OUT, announced, claimed, heard, listening, recited
from tests.dpi.talking import apps, rows


def test_call() -> None:
    asked, ringing, taken = recited(sip, "call")
    assert (asked.method, asked.uri, asked.user_agent) == ("INVITE", "sip:bob@biloxi.example.com", "vectors")
    assert asked.media == ("audio 192.0.2.1:3456 RTP/AVP PCMU,opus",)
    assert (ringing.status, ringing.latency, taken.status, taken.latency) == (180, 10, 200, 20)
    assert (taken.server, taken.method) == ("pbx", "INVITE")


def test_media_are_announced() -> None:
    body = b"c=IN IP4 192.0.2.1\r\nm=audio 3456 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\na=rtcp-mux\r\n"
    head = b"SIP/2.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert announced(sip, (IN, head + body)) == [(1, "rtp", "192.0.2.1", 3456, "96=opus/48000")]
    assert announced(sip, (IN, head.replace(b"sdp", b"xml") + body)) == []


def test_login_over_tcp_shows_no_digest() -> None:
    asked, answered = recited(sip, "register_tcp")
    assert (asked.authorization, asked.credentials, answered.latency) == ("Digest", False, 10)
    assert "7587245234" not in repr(asked)


def test_call_of_sipp_and_its_media() -> None:
    assert apps("sip/call") == {("sip", "content"), ("rtp", "content")}
    assert {one["codec"] for one in rows("sip/call", "rtp")} == {"PCMA"}


def test_long_body_is_skipped_and_a_gap_is_survived() -> None:
    parser = listening(sip)
    head = b"MESSAGE sip:a@b SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 100000\r\n\r\n"
    assert len(list(parser.feed(OUT, head, now=1))) == 1
    assert parser.skip(OUT) == 100_000
    list(parser.gap(OUT, 5, now=2))
    assert list(parser.feed(OUT, b"junk in the middle", now=3)) == []
    assert len(list(parser.feed(OUT, b"BYE sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n", now=4))) == 1


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"OPTIONS sip:a@b SIP/2.0\r\n", "yes"),
        (b"SIP/2.0 200 OK\r\n", "yes"),
        (b"OPTIONS sip:a", "need more"),
        (b"OPTIONS rtsp:", "no"),
        (b"GET / HTTP/1.1\r\n", "no"),
        (b"INVITED sip:a@b SIP/2.0\r\n", "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(sip, data) == answer


def test_what_is_no_message() -> None:
    for bad in (b"\x80\x80", b"HELLO x\r\n\r\n"):
        with pytest.raises(ProtocolError):
            heard(sip, (IN, bad), transport="udp")
