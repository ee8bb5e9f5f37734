"""DTLS: the handshakes of real programs, and what is no DTLS."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.dpi.protocols import dtls
from tests.dpi.hearing import IN, OUT, claimed, heard, listening
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
