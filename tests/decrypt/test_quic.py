"""QUIC with keys, through the analyzer: HTTP/3 and DNS inside."""

from __future__ import annotations

import struct
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import HeadersReceived

from procwire.decrypt.keyed import keyed
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.reasons import HEADERS, NO_KEY
from procwire.dpi.decryption import Decryption
from procwire.dpi.protocols.dns import DnsQuery, DnsResponse
from procwire.dpi.wire.http3_records import Http3Request, Http3Response
from procwire.model.observation import Carried
from tests.decrypt.dialogue import Hand, key_log
from tests.decrypt.quic_dialogue import Spoken, Talk
from tests.dpi.flows import Listener, flow

QUERY = bytes.fromhex("0000010000010000000000000377777707657861 6d706c6503636f6d0000010001".replace(" ", ""))
ANSWER = bytes.fromhex("0000818000010001000000000377777707657861 6d706c6503636f6d0000010001"
                       "c00c000100010000003c0004c0000201".replace(" ", ""))  # fmt: skip


def heard(keys: KeyLog, spoken: Spoken) -> tuple[Any, Listener]:
    one, listener = flow(17, dport=443), Listener(keyed(keys))
    for number, (side, data) in enumerate(spoken.flights):
        listener.analyzer.data(one, side, data, number)
    listener.analyzer.ended(one, len(spoken.flights))
    assert not listener.analyzer.counts()["defects"], listener.analyzer.defect
    return one, listener


def seen(listener: Listener, kind: type) -> list[Any]:
    return [one for one in listener.seen if isinstance(one, kind)]


def browse() -> Spoken:
    """Two requests, answered."""
    talk = Talk()
    for _ in range(3):
        talk.turn()
    assert talk.server is not None
    client, server = H3Connection(talk.client), H3Connection(talk.server)
    for path in (b"/one", b"/two"):
        stream = talk.client.get_next_available_stream_id()
        head = [
            (b":method", b"GET"),
            (b":scheme", b"https"),
            (b":authority", b"h3.example"),
            (b":path", path),
        ]
        client.send_headers(stream, head, end_stream=True)
        talk.turn()
        while (event := talk.server.next_event()) is not None:
            for asked in server.handle_event(event):
                if isinstance(asked, HeadersReceived):
                    server.send_headers(asked.stream_id, [(b":status", b"200"), (b"server", b"quick")])
                    server.send_data(asked.stream_id, b"x" * 5000, end_stream=True)
        for _ in range(4):
            talk.turn()
    return talk.spoken()


def test_http3_inside() -> None:
    spoken = browse()
    one, listener = heard(key_log(spoken.keys), spoken)
    assert (one.app, one.facts["via"], one.server_name) == ("http3", "quic", "quic.example")
    assert [(r.host, r.path) for r in seen(listener, Http3Request)] == [
        ("h3.example", "/one"),
        ("h3.example", "/two"),
    ]
    assert [(r.status, r.path) for r in seen(listener, Http3Response)] == [(200, "/one"), (200, "/two")]
    assert all(response.latency > 0 for response in seen(listener, Http3Response))
    assert len(seen(listener, Carried)) == 1
    told = seen(listener, Decryption)[0]
    assert (told.app, told.shut, told.version) == ("http3", 0, "QUICv1")
    assert told.plaintext_in > 10_000


def test_dns_over_quic() -> None:
    talk = Talk(alpn="doq")
    for _ in range(3):
        talk.turn()
    assert talk.server is not None
    talk.client.send_stream_data(0, struct.pack(">H", len(QUERY)) + QUERY, end_stream=True)
    talk.turn()
    talk.server.send_stream_data(0, struct.pack(">H", len(ANSWER)) + ANSWER, end_stream=True)
    talk.turn()
    spoken = talk.spoken()
    one, listener = heard(key_log(spoken.keys), spoken)
    assert (one.app, one.facts["via"]) == ("dns", "quic")
    answers = seen(listener, DnsResponse)
    assert [(each.query, tuple(each.addresses)) for each in answers] == [("www.example.com", ("192.0.2.1",))]


def test_without_the_key() -> None:
    spoken = browse()
    one, listener = heard(key_log(Hand().lines()), spoken)
    assert (one.app, one.facts.get("via")) == ("quic", None)
    assert seen(listener, Decryption)[0].reasons == (NO_KEY,)


@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_dns_in_http3_is_read_as_dns(method: bytes) -> None:
    talk = Talk()
    for _ in range(3):
        talk.turn()
    assert talk.server is not None
    client, server = H3Connection(talk.client), H3Connection(talk.server)
    stream = talk.client.get_next_available_stream_id()
    path = b"/dns-query" + (b"?dns=" + urlsafe_b64encode(QUERY).rstrip(b"=") if method == b"GET" else b"")
    kind = (b"content-type", b"application/dns-message")
    head = [(b":method", method), (b":scheme", b"https"), (b":authority", b"doh.example"), (b":path", path)]
    client.send_headers(stream, [*head, kind] if method == b"POST" else head, end_stream=method == b"GET")
    if method == b"POST":
        client.send_data(stream, QUERY, end_stream=True)
    talk.turn()
    while (event := talk.server.next_event()) is not None:
        server.handle_event(event)
    server.send_headers(stream, [(b":status", b"200"), kind])
    server.send_data(stream, ANSWER[:11], end_stream=False)
    talk.turn()
    server.send_data(stream, ANSWER[11:], end_stream=True)
    talk.turn()
    spoken = talk.spoken()
    one, listener = heard(key_log(spoken.keys), spoken)
    assert (one.app, one.facts["via"]) == ("http3", "quic")
    assert [each.query for each in seen(listener, DnsQuery)] == ["www.example.com"]
    assert [tuple(each.addresses) for each in seen(listener, DnsResponse)] == [("192.0.2.1",)]


def moved(keys: bytes, flights: list[tuple[Any, bytes]], at: int) -> tuple[Any, Any, Listener]:
    """One connection whose datagrams from ``at`` on come from another port of the client."""
    one, other, listener = flow(17, dport=443), flow(17, dport=443), Listener(keyed(key_log(keys)))
    other.number, other.sport = 2, 50_000
    for number, (side, data) in enumerate(flights):
        listener.analyzer.data(one if number < at else other, side, data, number)
    listener.analyzer.ended(one, len(flights))
    listener.analyzer.ended(other, len(flights))
    assert not listener.analyzer.counts()["defects"], listener.analyzer.defect
    return one, other, listener


@pytest.mark.parametrize("change", [False, True])
def test_a_connection_on_another_path_is_read_on(change: bool) -> None:
    """Another address, with the same connection id (a translator's doing) or with the next (migration)."""
    talk = Talk()
    for _ in range(3):
        talk.turn()
    assert talk.server is not None
    client = H3Connection(talk.client)
    head = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"h3.example")]
    client.send_headers(0, [*head, (b":path", b"/one")], end_stream=True)
    talk.turn()
    talk.turn()
    at = len(talk.flights)
    if change:
        talk.client.change_connection_id()
    client.send_headers(4, [*head, (b":path", b"/two")], end_stream=True)
    talk.turn()
    talk.server.send_stream_data(3, b"\x00", end_stream=False)
    talk.turn()
    spoken = talk.spoken()
    keys = key_log(spoken.keys)
    one, other, listener = moved(spoken.keys, spoken.flights, at)
    assert [(each.app, each.facts["via"]) for each in (one, other)] == [("http3", "quic")] * 2
    assert [r.path for r in seen(listener, Http3Request)] == ["/one", "/two"]
    told = seen(listener, Decryption)
    assert [(each.app, each.shut) for each in told] == [("http3", 0)] * 2
    assert sum(each.records for each in told) > 5
    assert keys.vault.held > 0


def test_the_server_may_speak_first_on_another_path() -> None:
    spoken = browse()
    at = next(number for number, (side, _) in enumerate(spoken.flights) if number > 12 and side == 1)
    turned = [(side if number < at else 1 - side, data) for number, (side, data) in enumerate(spoken.flights)]
    _, other, listener = moved(spoken.keys, turned, at)
    assert (other.app, other.facts["via"]) == ("http3", "quic")
    told = seen(listener, Decryption)
    assert [(each.side, each.shut) for each in told] == [(0, 0), (1, 0)]


def test_a_short_header_to_nobody_is_no_quic() -> None:
    one, listener = flow(17, dport=443), Listener(keyed(key_log(Hand().lines())))
    listener.analyzer.data(one, 0, b"\x43" + bytes(60), 1)
    listener.analyzer.ended(one, 2)
    assert one.app_confidence != "content"


def test_headers_that_unfold_beyond_all_bounds_are_named() -> None:
    """60,000 references to one entry of 4,000 bytes: refused before they unfold, and the reason is told."""
    talk = Talk()
    for _ in range(3):
        talk.turn()
    assert talk.server is not None
    entry = b"\x3f\xe1\x1f" + b"\x4a" + b"x-long-one" + b"\x7f\xa1\x1e" + b"v" * 4000
    block = b"\x02\x00" + b"\x80" * 60_000
    allowed = b"\x00\x04\x07\x01\x50\x00\x07\x40\x64"  # the server's control stream: a table of 4 KiB
    talk.server.send_stream_data(3, allowed)
    talk.turn()
    talk.client.send_stream_data(6, b"\x02" + entry)
    talk.client.send_stream_data(0, b"\x01" + (0x80000000 | len(block)).to_bytes(4, "big") + block)
    for _ in range(30):
        talk.turn()
    spoken = talk.spoken()
    _, listener = heard(key_log(spoken.keys), spoken)
    assert seen(listener, Decryption)[0].reasons == (HEADERS,)
    assert not seen(listener, Http3Request)
