"""TLS with keys, through the analyzer: what is inside becomes the flow's protocol."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hpack import Encoder

from procwire.decrypt.keyed import keyed
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.reasons import NO_KEY
from procwire.dpi.decryption import Decryption
from procwire.dpi.protocols import tls
from procwire.dpi.wire.http2_frames import END_HEADERS, END_STREAM, HEADERS, PREFACE
from procwire.dpi.wire.http_records import HttpRequest, HttpResponse
from procwire.dpi.wire.tls_certificate import Certificate
from procwire.model.observation import Carried
from tests.decrypt.dialogue import IN, OUT, Dialogue, Hand, key_log
from tests.dpi.flows import Listener, flow
from tests.dpi.tls_dialogue import issue
from tests.dpi.wire.test_http2_frames import framed

GET = b"GET /secret HTTP/1.1\r\nHost: inside.example\r\nAuthorization: Basic YTpi\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + bytes(5000)


def heard(keys: KeyLog, flights: list[tuple[Any, bytes]]) -> tuple[Any, Listener]:
    one, listener = flow(dport=443), Listener(keyed(keys))
    for number, (side, data) in enumerate(flights):
        listener.analyzer.data(one, side, data, number)
    listener.analyzer.ended(one, len(flights))
    assert not listener.analyzer.counts()["defects"], listener.analyzer.defect
    return one, listener


def seen(listener: Listener, kind: type) -> list[Any]:
    return [one for one in listener.seen if isinstance(one, kind)]


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_http_inside(version: str) -> None:
    spoken = Dialogue(version).run([(0, GET), (1, OK), (0, GET), (1, OK)])
    one, listener = heard(key_log(spoken.keys), list(spoken.flights))
    assert (one.app, one.app_confidence, one.facts["via"]) == ("http", "content", "tls")
    assert one.server_name == "server.example"
    assert [(r.host, r.path) for r in seen(listener, HttpRequest)] == [("inside.example", "/secret")] * 2
    assert [r.status for r in seen(listener, HttpResponse)] == [200, 200]
    assert [r.app for r in seen(listener, Carried)] == ["http"]
    told = seen(listener, Decryption)[0]
    assert (told.app, told.shut, told.reasons) == ("http", 0, ())
    assert (told.plaintext_out, told.plaintext_in) == (2 * len(GET), 2 * len(OK))


def test_credentials_inside_are_not_in_clear() -> None:
    spoken = Dialogue().run([(0, GET), (1, OK)])
    one, _ = heard(key_log(spoken.keys), list(spoken.flights))
    assert "cleartext-credentials" not in one.facts.get("risks", ())


def test_certificates_of_tls13() -> None:
    spoken = Dialogue().run([(0, GET)])
    _, listener = heard(key_log(spoken.keys), list(spoken.flights))
    certificates = seen(listener, Certificate)
    assert [one.common_name for one in certificates] == ["server.example"]
    assert not certificates[0].client


def test_certificates_that_were_compressed() -> None:
    """RFC 8879: the same certificate as it is and compressed, and one that does not unfold."""
    der = x509.load_pem_x509_certificate(b"".join(issue())).public_bytes(serialization.Encoding.DER)
    plain = b"\0" + sized(sized(der) + b"\0\0")
    folded = zlib.compress(plain)
    hand = Hand()
    server = hand.sealers["SERVER_HANDSHAKE_TRAFFIC_SECRET"]
    messages = [
        b"\x0b" + sized(plain),
        b"\x19" + sized(b"\0\1" + len(plain).to_bytes(3, "big") + sized(folded)),
        b"\x19" + sized(b"\0\1" + len(plain).to_bytes(3, "big") + sized(b"not zlib's")),
    ]
    shown = b"".join(server.seal(22, message) for message in messages)
    flights = [
        (OUT, hand.client_hello),
        (IN, hand.server_hello + shown + hand.finished(False)),
        (OUT, hand.finished(True) + hand.said(True, GET)),
    ]
    _, listener = heard(key_log(hand.lines()), flights)
    certificates = seen(listener, Certificate)
    assert [one.common_name for one in certificates] == ["server.example"] * 2
    assert certificates[0].sha256 == certificates[1].sha256
    told = [(one.length, one.malformed.partition(":")[0]) for one in seen(listener, tls.CertificateChain)]
    assert told == [(1, ""), (1, ""), (0, "deflate")]


def sized(content: bytes) -> bytes:
    return len(content).to_bytes(3, "big") + content


def test_without_the_key_nothing_changes_but_the_reason() -> None:
    spoken = Dialogue().run([(0, GET), (1, OK)])
    one, listener = heard(key_log(Hand().lines()), list(spoken.flights))
    assert (one.app, one.facts.get("via")) == ("tls", None)
    assert not seen(listener, HttpRequest)
    told = seen(listener, Decryption)[0]
    assert (told.records, told.reasons) == (0, (NO_KEY,))


def test_the_handshake_is_told_as_without_keys() -> None:
    spoken = Dialogue("TLSv1_2").run([(0, GET)])
    _, with_keys = heard(key_log(spoken.keys), list(spoken.flights))
    _, without = heard(key_log(b""), list(spoken.flights))
    names = {kind.__name__ for kind in tls.OBSERVATIONS}
    outside = [one for one in with_keys.seen if type(one).__name__ in names]
    assert outside == without.seen


def test_a_flow_without_keys_is_given_up_early() -> None:
    spoken = Dialogue().run([(0, GET), (1, OK)])
    one, listener = flow(dport=443), Listener(keyed(key_log(Hand().lines())))
    for number, (side, data) in enumerate(spoken.flights):
        listener.analyzer.data(one, side, data, number)
    assert listener.analyzer.data(one, 1, OK, 99) > 1 << 40


def test_a_gap_is_told_inside() -> None:
    hand = Hand()
    one, listener = flow(dport=443), Listener(keyed(key_log(hand.lines())))
    for side, data in [*hand.shake(), (OUT, hand.said(True, GET))]:
        listener.analyzer.data(one, side, data, 1)
    listener.analyzer.data(one, IN, hand.said(False, OK), 2)
    hand.said(True, GET)
    listener.analyzer.gap(one, OUT, 100, 3)
    listener.analyzer.data(one, OUT, hand.said(True, GET), 4)
    listener.analyzer.ended(one, 5)
    assert len(seen(listener, HttpRequest)) == 2


def test_a_bomb_inside_costs_nothing() -> None:
    """Bodies are not unfolded by the parsers: only their length counts."""
    body = gzip.compress(bytes(20_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    spoken = Dialogue().run([(0, GET), (1, head + body)])
    _, listener = heard(key_log(spoken.keys), list(spoken.flights))
    assert seen(listener, HttpResponse)[0].content_length == len(body)


SMTP = [(1, b"220 mail ESMTP\r\n"), (0, b"EHLO me\r\n"), (1, b"250-mail\r\n250 STARTTLS\r\n"),
        (0, b"STARTTLS\r\n"), (1, b"220 go ahead\r\n")]  # fmt: skip
IMAP = [(1, b"* OK IMAP4rev1 ready\r\n"), (0, b"a1 STARTTLS\r\n"), (1, b"a1 OK begin TLS\r\n")]
POSTGRESQL = [(0, b"\0\0\0\x08\x04\xd2\x16\x2f"), (1, b"S")]
SOCKET = (b"GET /chat HTTP/1.1\r\nHost: a.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")  # fmt: skip
SWITCHED = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")  # fmt: skip
LOGGED_IN = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\5I"
STARTUP = b"\0\3\0\0user\0joe\0database\0pets\0\0"

_ASKED = [(":method", "POST"), (":path", "/pets.Shop/Buy"), ("content-type", "application/grpc")]
CALL = [
    (
        0,
        PREFACE
        + framed(HEADERS, END_HEADERS, Encoder().encode(_ASKED))
        + framed(0, END_STREAM, b"\0\0\0\0\1x"),
    ),
    (1, framed(HEADERS, END_HEADERS, Encoder().encode([(":status", "200")])) + framed(0, 0, b"\0\0\0\0\1y")),
    (1, framed(HEADERS, END_HEADERS | END_STREAM, Encoder().encode([("grpc-status", "0")]))),
]


@pytest.mark.parametrize(
    ("before", "says", "app", "via", "table"),
    [
        (SMTP, [(0, b"EHLO me\r\n"), (1, b"250 mail\r\n"), (0, b"MAIL FROM:<a@b.example>\r\n"),
                (1, b"250 ok\r\n")], "smtp", "smtp.tls", "SmtpExchange"),
        (IMAP, [(0, b"a2 LOGIN joe secret\r\n"), (1, b"a2 OK done\r\n")], "imap", "imap.tls", "ImapExchange"),
        (POSTGRESQL, [(0, (len(STARTUP) + 4).to_bytes(4, "big") + STARTUP), (1, LOGGED_IN),
                      (0, b"Q\0\0\0\x0dselect 1\0")], "postgresql", "postgresql.tls", "PostgresqlQuery"),
        ([], [(0, SOCKET), (1, SWITCHED + b"\x81\x05hello"), (0, b"\x81\x85\0\0\0\0world")],
         "websocket", "tls.http", "HttpResponse"),
        ([], CALL, "http2", "tls", "GrpcCall"),
    ],
)  # fmt: skip
def test_protocols_inside_and_behind_starttls(
    before: list[tuple[int, bytes]], says: list[tuple[int, bytes]], app: str, via: str, table: str
) -> None:
    spoken = Dialogue().run(says)
    one, listener = heard(key_log(spoken.keys), [*before, *spoken.flights])
    assert (one.app, one.facts["via"]) == (app, via)
    assert table in {type(each).__name__ for each in listener.seen[len(before) :]}
    told = seen(listener, Decryption)[0]
    assert (told.app, told.shut) == (app, 0)
