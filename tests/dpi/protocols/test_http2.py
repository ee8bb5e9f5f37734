"""HTTP/2: exchanges, pushes, resets, gRPC."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hpack import Encoder

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import http2
from procwire.dpi.protocols.dns import DnsQuery, DnsResponse
from procwire.dpi.wire.http2_frames import END_HEADERS, END_STREAM, HEADERS, PREFACE
from procwire.dpi.wire.http2_records import GrpcCall
from tests.dpi.flows import Listener, flow
from tests.dpi.hearing import IN, OUT, claimed, heard, recited
from tests.dpi.wire.test_http2_frames import framed

QUERY = bytes.fromhex("0000010000010000000000000377777707657861 6d706c6503636f6d0000010001".replace(" ", ""))
ANSWER = bytes.fromhex("0000818000010001000000000377777707657861 6d706c6503636f6d0000010001"
                       "c00c000100010000003c0004c0000201".replace(" ", ""))  # fmt: skip
SETTINGS = bytes.fromhex("000006040000000000000300000064")


def test_vectors_of_hpacks_rfc() -> None:
    asked, answered = recited(http2, "settings")
    assert (asked.method, asked.scheme, asked.host, asked.path) == ("GET", "http", "www.example.com", "/")
    assert (answered.status, answered.method, answered.host) == (302, "GET", "www.example.com")
    assert answered.latency == 30


def call(path: str, status: list[tuple[str, str]], body: bytes = b"\0\0\0\0\1x") -> list[object]:
    client, server = Encoder(), Encoder()
    asked = [(":method", "POST"), (":path", path), ("content-type", "application/grpc")]
    steps = [
        (OUT, PREFACE + framed(HEADERS, END_HEADERS, client.encode(asked)) + framed(0, 1, body)),
        (IN, framed(HEADERS, END_HEADERS, server.encode([(":status", "200")])) + framed(0, 0, body * 2)),
        (IN, framed(HEADERS, END_HEADERS | END_STREAM, server.encode(status))),
    ]
    return heard(http2, *steps)


def test_grpc_call() -> None:
    told = call("/a.b.Service/Method", [("grpc-status", "7"), ("grpc-message", "go away")])[-1]
    assert isinstance(told, GrpcCall)
    assert (told.service, told.method, told.status, told.code) == (
        "a.b.Service", "Method", "PERMISSION_DENIED", 7,
    )  # fmt: skip
    assert (told.text, told.request_bytes, told.response_bytes, told.latency) == ("go away", 6, 12, 20)


def test_reset_and_goaway() -> None:
    seen = heard(
        http2,
        (
            OUT,
            PREFACE + framed(HEADERS, END_HEADERS, Encoder().encode([(":method", "GET"), (":path", "/x")])),
        ),
        (IN, framed(3, 0, b"\0\0\0\x08")),
        (IN, framed(7, 0, bytes(8), stream=0) + framed(7, 0, bytes(7) + b"\x0b", stream=0)),
    )
    assert [(one.message, getattr(one, "error", "")) for one in seen] == [
        ("request", ""), ("reset", "CANCEL"), ("reset", "ENHANCE_YOUR_CALM"),
    ]  # fmt: skip
    assert seen[1].path == "/x"


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (PREFACE, "yes"),
        (PREFACE[:20], "need more"),
        (b"PRI * HTTP/1.0", "no"),
        (SETTINGS, "yes"),
        (SETTINGS[:10], "need more"),
        (b"\0\0\0\4\0\0\0\0\0", "need more"),
        (b"\0\0\5\4\0\0\0\0\0", "no"),
        (SETTINGS[:9] + b"\x77" + SETTINGS[10:], "no"),
        (b"\0\0\x0c" + SETTINGS[3:] + b"\xfe\x03\0\0\0\1", "yes"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(http2, data) == answer


def test_streams_are_bounded() -> None:
    client = Encoder()
    wire = PREFACE
    for number in range(http2.MAX_STREAMS + 50):
        head = client.encode([(":method", "GET"), (":path", f"/{number}")])
        wire += framed(HEADERS, END_HEADERS | END_STREAM, head, stream=2 * number + 1)
    assert len(heard(http2, (OUT, wire))) == http2.MAX_STREAMS + 50


def test_interleaved_header_blocks_are_refused() -> None:
    with pytest.raises(ProtocolError):
        heard(http2, (OUT, PREFACE + framed(HEADERS, 0, b"\x82") + framed(4, 0, b"", stream=0)))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_dns_in_bodies_is_read_as_dns(method: str) -> None:
    """RFC 8484, the answer in two DATA frames, one of them padded."""
    client, server = Encoder(), Encoder()
    path = "/dns-query" + (f"?dns={urlsafe_b64encode(QUERY).decode().rstrip('=')}" if method == "GET" else "")
    asked = [(":method", method), (":path", path), (":authority", "doh.example")]
    if method == "POST":
        asked.append(("content-type", "application/dns-message"))
    answered = [(":status", "200"), ("content-type", "application/dns-message")]
    body = framed(0, END_STREAM, QUERY) if method == "POST" else b""
    one, listener = flow(dport=80), Listener()
    steps = [
        (OUT, PREFACE + framed(HEADERS, END_HEADERS | (method == "GET"), client.encode(asked)) + body),
        (IN, framed(HEADERS, END_HEADERS, server.encode(answered)) + framed(0, 0, ANSWER[:20])),
        (IN, framed(0, END_STREAM | 8, b"\3" + ANSWER[20:] + b"pad")),
    ]
    for now, (side, data) in enumerate(steps):
        listener.analyzer.data(one, side, data, now)
    seen: dict[type, Any] = {type(each): each for each in listener.seen}
    assert seen[DnsQuery].query == seen[DnsResponse].query == "www.example.com"
    assert tuple(seen[DnsResponse].addresses) == ("192.0.2.1",)
    assert seen[DnsResponse].latency == 2
    assert one.app == "http2"
