"""DTLS: the handshakes of real programs, and what is no DTLS."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.dpi.protocols import dtls
from tests.dpi.captures import conversations
from tests.dpi.flows import Listener, flow
from tests.dpi.hearing import IN, OUT, claimed, heard, listening
from tests.dpi.samples import VECTORS, Dialogue
from tests.dpi.talking import apps, rows
from tests.dpi.wire.test_dtls_record import fragment, record


def test_handshake_with_cookie_and_fragments() -> None:
    first, second = rows("dtls/version12", "dtls")
    assert (first["server_name"], first["alpn"], first["version"]) == (
        "dtls.example.com", ["webrtc"], "DTLSv1.2",
    )  # fmt: skip
    assert first["ja4"].startswith("dd2d")
    assert first["srtp"] == ["SRTP_AES128_CM_HMAC_SHA1_80"]
    assert (first["cookie_bytes"], second["cookie_bytes"] > 0) == (0, True)
    (server,) = rows("dtls/version12", "dtls_server")
    assert server["srtp"] == first["srtp"]
    assert rows("dtls/version12", "tls_certificate")[0]["self_signed"]
    assert rows("dtls/version12", "dtls_established")[0]["cookie"]


def test_old_version_is_obsolete_and_refusal_is_an_alert() -> None:
    (flow,) = rows("dtls/version10", "flow", proto="udp")
    assert "tls-obsolete-version" in flow["risks"]
    assert rows("dtls/refused", "dtls_alert")[0]["description"] == "handshake_failure"
    assert apps("dtls/refused") == {("dtls", "content")}


def test_what_else_webrtc_sends_is_passed_over() -> None:
    assert heard(dtls, (OUT, b"\0\1" + bytes(18)), (OUT, b"\x80" + bytes(20)), transport="udp") == []


def media(number: int, source: bytes = b"ssrc", kind: int = 111) -> bytes:
    return b"\x80" + bytes([kind]) + number.to_bytes(2, "big") + bytes(4) + source + bytes(20)


def said_of_media(dialogue: Dialogue, *packets: bytes) -> list[Any]:
    seen = heard(dtls, *dialogue.steps, *[(IN, one) for one in packets], transport="udp")
    return [(one.ssrc, one.payload_type, one.side) for one in seen if type(one) is dtls.DtlsMedia]


@pytest.fixture(scope="module")
def call() -> Dialogue:
    """A handshake of real programs whose client offers to protect media."""
    path = VECTORS / "dtls" / "version12.pcap"
    return next(Dialogue(path.stem, *each) for each in conversations(path) if each[0] == "udp")


def test_media_beside_the_handshake_is_told_once(call: Dialogue) -> None:
    found = [(b"ssrc".hex(), 111, IN)]
    assert said_of_media(call, media(0xFFFF), media(0), media(2), media(3)) == found
    assert said_of_media(call, media(1), media(1, b"else"), media(2, b"else"), media(3, b"else")) == [
        (b"else".hex(), 111, IN)
    ]
    one, listener = flow(17), Listener()
    for side, data in [*call.steps, *[(IN, media(number)) for number in range(4)]]:
        listener.analyzer.data(one, side, data, 1)
    assert (one.app, one.facts["encloses"]) == ("dtls", "srtp")


@pytest.mark.parametrize(
    "packets",
    [
        (media(1), media(2)),
        (media(1), media(100), media(300), media(900)),
        (media(1), media(1), media(1), media(1)),
        tuple(media(number, kind=72) for number in range(9)),  # RTCP
        tuple(media(number)[:11] for number in range(9)),
    ],
)
def test_what_is_no_stream_of_media_is_not_told(call: Dialogue, packets: tuple[bytes, ...]) -> None:
    assert said_of_media(call, *packets) == []


def test_media_is_not_waited_for_without_end(call: Dialogue) -> None:
    parser = listening(dtls, transport="udp")
    for side, data in call.steps:
        list(parser.feed(side, data, now=1))
    assert parser.skip(IN) == 0
    for _ in range(dtls.MAX_DATAGRAMS):
        assert list(parser.feed(IN, b"\x80" + bytes(20), now=2)) == []
    assert parser.skip(IN) == ENOUGH


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (record(fragment(b"\xfe\xfd" + bytes(40), 0, 42)), "yes"),
        (record(fragment(b"\x03\x03" + bytes(40), 0, 42)), "no"),
        (record(bytes(40), 23, 1), "yes"),
        (record(bytes(40), 23, 0), "no"),
        (record(b"\x02\x28", 21), "yes"),
        (record(b"\x09\x28", 21), "no"),
        (b"\x16\xfe\xfd", "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(dtls, data, transport="udp") == answer


def test_handshake_that_never_ends_is_given_up() -> None:
    parser = listening(dtls, transport="udp")
    for _ in range(dtls.MAX_DATAGRAMS):
        list(parser.feed(IN, record(b"\x01\x00", 21), now=1))
    assert parser.skip(IN) == ENOUGH
    with pytest.raises(ProtocolError):
        heard(dtls, (OUT, b"\x16" + bytes(30)), transport="udp")
