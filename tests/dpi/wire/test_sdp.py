"""Session descriptions."""

from __future__ import annotations

from procwire.dpi.wire.sdp import MAX_MEDIA, media

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
