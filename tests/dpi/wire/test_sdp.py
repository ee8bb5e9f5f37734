"""Session descriptions."""

from __future__ import annotations

from procwire.dpi.wire.sdp import MAX_MEDIA, announced, described, media, noted
from procwire.model.streams import Direction

DESCRIPTION = b"""v=0\r
c=IN IP4 192.0.2.1\r
m=audio 5004 RTP/AVP 0 96\r
a=rtpmap:96 opus/48000/2\r
m=video 5006/2 RTP/SAVPF 97\r
c=IN IP6 2001:db8::1\r
a=rtpmap:97 VP8/90000\r
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r
"""


def test_media_with_their_own_and_the_sessions_address() -> None:
    assert media(DESCRIPTION) == (
        "audio 192.0.2.1:5004 RTP/AVP PCMU,opus",
        "video [2001:db8::1]:5006 RTP/SAVPF VP8",
        "application 192.0.2.1:9 UDP/DTLS/SCTP webrtc-datachannel",
    )


def test_bounds() -> None:
    assert len(media(b"m=audio 1 RTP/AVP 0\n" * 1000)) == MAX_MEDIA
    assert media(b"\xff\xfe\nm=\na=rtpmap:0 x/1\n") == ()


def test_what_is_announced() -> None:
    seen = [(one.app, one.address, one.port, one.note) for one in announced(DESCRIPTION, Direction.IN, 5)]
    assert seen == [
        ("rtp", "192.0.2.1", 5004, "96=opus/48000"), ("rtcp", "192.0.2.1", 5005, ""),
        ("rtp", "2001:db8::1", 5006, "97=VP8/90000"), ("rtcp", "2001:db8::1", 5007, ""),
    ]  # fmt: skip
    assert noted(seen[0][3]) == {96: ("opus", 48000)}
    assert noted("nothing of it") == {}


def test_where_rtcp_goes_and_what_is_not_sent() -> None:
    said = b"c=IN IP4 192.0.2.1\nm=audio 5004 RTP/AVP 0\na=rtcp:6000 IN IP4 192.0.2.9\nm=video 0 RTP/AVP 31\n"
    assert [(one.app, one.address, one.port) for one in announced(said, Direction.OUT, 5)] == [
        ("rtp", "192.0.2.1", 5004), ("rtcp", "192.0.2.9", 6000),
    ]  # fmt: skip
    muxed = b"m=audio 5004 RTP/AVP 0\na=rtcp-mux\nm=audio 9 TCP/RTP/AVP 0\n"
    assert [one.app for one in announced(muxed, Direction.OUT, 5)] == ["rtp"]


def test_a_format_that_is_not_offered_is_not_mapped() -> None:
    (one,) = described(b"m=audio 5004 RTP/AVP 0\na=rtpmap:97 VP8/90000\n")
    assert (one.mapped, one.note()) == ({}, "")
