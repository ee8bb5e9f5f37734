"""DNS in HTTP/1.x: in targets, in bodies by length and in chunks, in any pieces, and what is passed over."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH
from procwire.dpi.protocols.dns import DnsQuery, DnsResponse
from procwire.dpi.wire.dns_bodies import MAX_MESSAGE
from procwire.dpi.wire.http_dns import HttpDns, holds_dns
from procwire.dpi.wire.http_head import parse
from procwire.dpi.wire.http_records import HttpResponse
from tests.dpi.flows import Listener, flow
from tests.dpi.hearing import IN, OUT

QUERY = bytes.fromhex("00000100000100000000000003777777076578616d706c6503636f6d0000010001")
ANSWER = bytes.fromhex("00008180000100010000000003777777076578616d706c6503636f6d0000010001"
                       "c00c000100010000003c0004c0000201")  # fmt: skip
KIND = b"Content-Type: Application/DNS-Message; charset=x\r\n"
GET = (
    b"GET /dns-query?a=b&dns="
    + urlsafe_b64encode(QUERY).rstrip(b"=")
    + b" HTTP/1.1\r\nHost: doh.example\r\n\r\n"
)
POST = b"POST /dns-query HTTP/1.1\r\nHost: doh.example\r\n" + KIND + b"Content-Length: 33\r\n\r\n" + QUERY
WHOLE = b"HTTP/1.1 200 OK\r\n" + KIND + b"Content-Length: %d\r\n\r\n" % len(ANSWER) + ANSWER
IN_CHUNKS = (
    b"HTTP/1.1 200 OK\r\n" + KIND + b"Transfer-Encoding: chunked\r\n\r\n"
    b"5;x=y\r\n" + ANSWER[:5] + b"\r\n2c\r\n" + ANSWER[5:] + b"\r\n0\r\nTrailer: x\r\n\r\n"
)


def spoken(steps: list[tuple[Any, bytes]], size: int = 1 << 16) -> list[Any]:
    one, listener = flow(dport=80), Listener()
    for now, (side, data) in enumerate(steps):
        for at in range(0, len(data), size):
            listener.analyzer.data(one, side, data[at : at + size], now)
    listener.analyzer.ended(one, len(steps))
    assert one.app == "http"
    return list(listener.seen)


@pytest.mark.parametrize("asked", [GET, POST])
@pytest.mark.parametrize("answered", [WHOLE, IN_CHUNKS])
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_question_and_answer_are_read_as_dns(asked: bytes, answered: bytes, size: int) -> None:
    seen = spoken([(OUT, asked), (IN, answered), (OUT, asked), (IN, answered)], size)
    kinds = [type(each).__name__ for each in seen]
    assert kinds == ["HttpRequest", "DnsQuery", "HttpResponse", "DnsResponse"] * 2
    answers = [each for each in seen if type(each) is DnsResponse]
    assert [(each.query, tuple(each.addresses), each.latency) for each in answers] == [
        ("www.example.com", ("192.0.2.1",), 1)
    ] * 2


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 49",
        b"HTTP/1.1 200 OK\r\n" + KIND.rstrip(),  # until the connection ends
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n" + KIND + b"Content-Length: 49",
        b"HTTP/1.1 204 No Content\r\n" + KIND.rstrip(),
    ],
)
def test_other_bodies_are_passed_over(head: bytes) -> None:
    seen = spoken([(OUT, POST), (IN, head + b"\r\n\r\n" + (b"" if b"204" in head else ANSWER))])
    assert [type(each).__name__ for each in seen[:3]] == ["HttpRequest", "DnsQuery", "HttpResponse"]
    assert DnsResponse not in {type(each) for each in seen}


def test_a_body_is_read_only_as_far_as_dns_goes() -> None:
    one, listener = flow(dport=80), Listener()
    listener.analyzer.data(one, OUT, POST, 1)
    long = b"HTTP/1.1 200 OK\r\n" + KIND + b"Content-Length: 1000000\r\n\r\n"
    assert listener.analyzer.data(one, IN, long, 2) == 0
    assert listener.analyzer.data(one, IN, bytes(MAX_MESSAGE + 1), 3) == 1_000_000 - MAX_MESSAGE - 1 < ENOUGH
    listener.analyzer.data(one, IN, b"HTTP/1.1 204 No Content\r\n\r\n", 4)
    assert [each.status for each in listener.seen if type(each) is HttpResponse] == [200, 204]


def test_a_gap_in_a_body_loses_that_message_alone() -> None:
    one, listener = flow(dport=80), Listener()
    listener.analyzer.data(one, OUT, POST * 2, 1)
    listener.analyzer.data(one, IN, WHOLE[:-20], 2)
    listener.analyzer.gap(one, IN, 20, 3)
    listener.analyzer.data(one, IN, WHOLE, 4)
    kinds = [type(each) for each in listener.seen]
    assert kinds.count(DnsQuery) == kinds.count(HttpResponse) == 2
    assert kinds.count(DnsResponse) == 1


def test_what_holds_dns() -> None:
    assert holds_dns(parse(GET[:-4], False))
    assert holds_dns(parse(POST.partition(b"\r\n\r\n")[0], False))
    assert not holds_dns(parse(b"GET / HTTP/1.1\r\nHost: x", False))
    found: list[Any] = []
    HttpDns().finish(1, found)
    assert not found
