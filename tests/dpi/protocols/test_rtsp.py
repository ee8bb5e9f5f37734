"""RTSP: pairs, media in the connection, masked passwords."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import rtsp
from tests.dpi.hearing import IN, OUT, announced, claimed, heard, listening, recited
from tests.dpi.talking import apps, rows


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


def test_media_on_ports_of_their_own_are_announced() -> None:
    body = b"m=audio 0 RTP/AVP 96\r\na=rtpmap:96 L16/8000\r\n"
    seen = announced(
        rtsp,
        (IN, b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\n"
             b"Content-Length: %d\r\n\r\n%s" % (len(body), body)),
        (IN, b"RTSP/1.0 200 OK\r\nCSeq: 2\r\n"
             b"Transport: RTP/AVP;unicast;client_port=4588-4589;server_port=6256\r\n\r\n"),
    )  # fmt: skip
    assert seen == [
        (0, "rtp", "", 4588, "96=L16/8000"), (0, "rtcp", "", 4589, ""), (1, "rtp", "", 6256, "96=L16/8000"),
    ]  # fmt: skip


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


def test_media_of_gstreamer_are_known_by_their_announcement() -> None:
    (control,) = rows("rtsp/udp", "flow", app="rtsp")
    (media,) = rows("rtsp/udp", "flow", app="rtp")
    assert (media["announced_by"], media["app_confidence"]) == (control["flow_id"], "content")
    assert {line["codec"] for line in rows("rtsp/udp", "rtp")} == {"L16"}
    assert apps("rtsp/tcp") == {("rtsp", "content")}
    assert rows("rtsp/tcp", "rtsp", method="TEARDOWN")[0]["interleaved_bytes"] > 3000
