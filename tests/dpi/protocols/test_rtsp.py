"""RTSP: pairs, media in the connection, masked passwords."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import rtsp
from tests.dpi.hearing import IN, OUT, claimed, heard, listening, recited


def test_session() -> None:
    seen = recited(rtsp, "session")
    assert [(one.method, one.status) for one in seen] == [
        ("DESCRIBE", 200), ("SETUP", 200), ("PLAY", 401), ("TEARDOWN", None),
    ]  # fmt: skip
    described, setup, play, _ = seen
    assert described.url == "rtsp://user:***@server.example.com/fizzle/foo"
    assert described.media == ("audio 224.2.17.12:3456 RTP/AVP PCMU", "video 224.2.17.12:0 RTP/AVP H261")
    assert (setup.session, setup.transport, setup.latency) == ("12345678", "RTP/AVP/TCP;interleaved=0-1", 10)
    assert (play.authorization, play.basic, play.interleaved_bytes) == ("Basic", True, 22)
    assert "dXNlcjpwYXNz" not in repr(seen)


def test_media_are_skipped_and_a_gap_is_survived() -> None:
    parser = listening(rtsp)
    list(parser.feed(IN, b"$\0\xff\xffabc", now=1))
    assert parser.skip(IN) == 65532
    list(parser.gap(IN, 10, now=2))
    assert list(parser.feed(IN, b"anything", now=3)) == []
    assert len(list(parser.feed(IN, b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", now=4))) == 1


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"OPTIONS * RTSP/1.0\r\n", "yes"),
        (b"RTSP/1.0 200 OK\r\n", "yes"),
        (b"DESC", "need more"),
        (b"OPTIONS sip:a", "no"),
        (b"OPTIONS * HTTP/1.1\r\n", "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(rtsp, data) == answer


def test_what_is_no_message() -> None:
    with pytest.raises(ProtocolError):
        heard(rtsp, (OUT, b"HELLO x\r\n\r\n"))
