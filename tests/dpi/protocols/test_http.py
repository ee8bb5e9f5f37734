"""HTTP/1.x: heads, bodies, pairing, upgrades, ambiguity."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.protocols.http import Parser, claims
from procwire.dpi.wire.http_records import HttpRequest, HttpResponse
from procwire.model.observation import Upgraded

OUT, IN = Direction.OUT, Direction.IN
TCP = Context(transport="tcp", src_port=40000, dst_port=80)


def parser() -> Any:
    return Parser(TCP)


def one(data: bytes, side: Direction = OUT) -> Any:
    (seen,) = parser().feed(side, data, now=1)
    return seen


def test_request_and_response_are_paired_when_pipelined() -> None:
    http = parser()
    list(
        http.feed(
            OUT, b"GET /1 HTTP/1.1\r\nHost: A.org:8080\r\n\r\nGET /2 HTTP/1.1\r\nHost: b.org\r\n\r\n", now=10
        )
    )
    first, second = http.feed(
        IN,
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        now=25,
    )
    assert (first.path, first.host, first.latency, first.status) == ("/1", "a.org", 15, 200)
    assert (second.path, second.host, second.status, second.reason) == ("/2", "b.org", 404, "Not Found")


def test_body_is_skipped_and_what_follows_is_read() -> None:
    http = parser()
    list(http.feed(OUT, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", now=1))
    list(http.feed(IN, b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n12345", now=2))
    assert http.skip(IN) == 995
    (seen,) = http.feed(IN, b"HTTP/1.1 204 No Content\r\n\r\n", now=3)
    assert seen.status == 204


def test_head_response_has_no_body() -> None:
    http = parser()
    list(http.feed(OUT, b"HEAD / HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\n", now=1))
    seen = list(
        http.feed(IN, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\n", now=2)
    )
    assert [(one.method, one.status) for one in seen] == [("HEAD", 200), ("GET", 304)]


def test_continue_does_not_answer_the_request() -> None:
    http = parser()
    list(http.feed(OUT, b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", now=5))
    interim, final = http.feed(IN, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\n", now=9)
    assert (interim.status, final.status, final.latency) == (100, 201, 4)


def test_until_close_wants_no_more_of_that_side() -> None:
    http = parser()
    list(http.feed(OUT, b"GET / HTTP/1.0\r\n\r\n", now=1))
    list(http.feed(IN, b"HTTP/1.0 200 OK\r\n\r\nabc", now=2))
    assert http.skip(IN) == ENOUGH
    assert http.skip(OUT) == 0


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"])
def test_line_endings(ending: bytes) -> None:
    head = ending.join([b"GET / HTTP/1.1", b"Host: a.org", b"X-Long: 1", b"  2", b"", b""])
    seen = one(head)
    assert seen.host == "a.org"
    assert ("bare-lf" in seen.faults) == (ending == b"\n")
    assert "folded-line" in seen.faults


def test_connect_hands_both_sides_on() -> None:
    http = parser()
    list(http.feed(OUT, b"CONNECT Example.org:443 HTTP/1.1\r\n\r\n\x16\x03", now=1))
    response, upgraded = http.feed(IN, b"HTTP/1.1 200 ok\r\n\r\n\x16\x01", now=2)
    assert (response.method, response.host) == ("CONNECT", "example.org")
    assert isinstance(upgraded, Upgraded)
    assert upgraded.hint == ""
    assert (http.remainder(OUT), http.remainder(IN)) == (b"\x16\x03", b"\x16\x01")


def test_refused_connect_goes_on_as_http() -> None:
    http = parser()
    list(http.feed(OUT, b"CONNECT a:1 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", now=1))
    seen = list(http.feed(IN, b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", now=2))
    assert [type(one) for one in seen] == [HttpResponse, HttpRequest]
    assert [one.side for one in seen] == [IN, OUT]


@pytest.mark.parametrize(
    ("token", "hint"), [(b"websocket", "websocket"), (b"h2c", "http2"), (b"TLS/1.2", "tls")]
)
def test_accepted_upgrade_names_what_follows(token: bytes, hint: str) -> None:
    http = parser()
    list(http.feed(OUT, b"GET / HTTP/1.1\r\nUpgrade: " + token + b"\r\n\r\n", now=1))
    *_, upgraded = http.feed(IN, b"HTTP/1.1 101 Switching\r\nUpgrade: " + token + b"\r\n\r\n", now=2)
    assert upgraded.hint == hint


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked", "length-and-transfer-encoding"),
        (b"Content-Length: 5\r\nContent-Length: 6", "conflicting-content-length"),
        (b"Content-Length: 5, 6", "conflicting-content-length"),
        (b"Content-Length: +5", "bad-content-length"),
        (b"Transfer-Encoding: xchunked", "unknown-transfer-coding"),
        (b"Transfer-Encoding : chunked", "space-before-colon"),
        (b"Host: a\r\nHost: b", "several-hosts"),
        (b"nonsense", "malformed-field"),
    ],
)
def test_ambiguity_is_flagged(fields: bytes, fault: str) -> None:
    assert fault in one(b"POST / HTTP/1.1\r\n" + fields + b"\r\n\r\n").faults


def test_credentials_are_masked() -> None:
    seen = one(
        b"GET http://bob:hunter2@a.org/x?user=bob&password=hunter2&token=abc HTTP/1.1\r\n"
        b"Authorization: Basic Ym9iOmh1bnRlcjI=\r\nReferer: http://bob:hunter2@b.org/\r\n\r\n"
    )
    assert seen.host == "a.org"
    assert seen.path == "http://***@a.org/x?user=bob&password=***&token=***"
    assert (seen.authorization, seen.credentials) == ("basic", True)
    assert "hunter2" not in repr(seen)
    assert "Ym9i" not in repr(seen)
    assert one(b"GET / HTTP/1.1\r\nAuthorization: justasecret\r\n\r\n").authorization == "***"


def test_bytes_that_are_not_ascii() -> None:
    seen = one(b"GET /\xff HTTP/1.1\r\nHost: \xc3\xa9.org\r\nUser-Agent: a\x1b[31m\xe9\r\n\r\n")
    assert (seen.path, seen.host) == ("/ÿ", "é.org")
    assert seen.user_agent == "a\\x1b[31mé"


def test_addresses_are_no_names() -> None:
    for host, name in ((b"192.0.2.1:80", ""), (b"[fe80::1]:80", ""), (b"a.org", "a.org")):
        assert one(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").name == name


def test_response_first_and_reversed_sides() -> None:
    http = parser()
    (seen,) = http.feed(OUT, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", now=1)
    assert seen.latency is None
    (asked,) = http.feed(IN, b"GET / HTTP/1.1\r\n\r\n", now=2)
    (answer,) = http.feed(OUT, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", now=5)
    assert (asked.side, answer.latency) == (IN, 3)


def test_gap_inside_a_body_is_passed_over() -> None:
    http = parser()
    list(http.feed(IN, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123", now=1))
    list(http.gap(IN, 96, now=2))
    (seen,) = http.feed(IN, b"HTTP/1.1 500 No\r\n\r\n", now=3)
    assert seen.status == 500


def test_gap_inside_a_head_finds_the_next_message() -> None:
    http = parser()
    list(http.feed(OUT, b"GET / HTTP/1.1\r\nHo", now=1))
    list(http.gap(OUT, 20, now=2))
    assert not list(http.feed(OUT, b"ookie: x\r\n\r\n", now=3))
    (seen,) = http.feed(OUT, b"GET /next HTTP/1.1\r\n\r\n", now=4)
    assert seen.path == "/next"


def test_of_a_head_in_part_the_whole_lines_are_told() -> None:
    http = parser()
    list(http.feed(OUT, b"GET /short HTTP/1.1\r\nHost: a.example\r\nUser-Ag", now=1))
    (asked,) = http.gap(OUT, 20, now=2)
    assert (asked.path, asked.host, asked.user_agent) == ("/short", "a.example", "")
    list(http.feed(IN, b"HTTP/1.1 404 Not Found\r\nDate: T", now=3))
    (answer,) = http.finish(4)
    assert (answer.status, answer.reason) == (404, "Not Found")
    assert not list(http.finish(5))


@pytest.mark.parametrize(
    "start",
    [
        b"GET /short HTT",
        b"HTTP/1.1 101 S\r\nUp",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX",
    ],
)
def test_a_head_in_part_tells_nothing_uncertain(start: bytes) -> None:
    http = parser()
    assert not list(http.feed(OUT, start, now=1))
    assert not list(http.gap(OUT, 20, now=2))


def test_lost_request_is_not_paired_with_another_answer() -> None:
    http = parser()
    list(http.feed(OUT, b"GET /1 HTTP/1.1\r\n\r\n", now=1))
    list(http.gap(OUT, 30, now=2))
    (orphan,) = http.feed(IN, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", now=3)
    assert orphan.latency is None
    list(http.feed(OUT, b"GET /3 HTTP/1.1\r\n\r\n", now=4))
    (paired,) = http.feed(IN, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", now=6)
    assert (paired.path, paired.latency) == ("/3", 2)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n",
        b"GET / HTTP/1.1\r\nA: " + b"b" * 70000,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5000,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 300,
    ],
)
def test_endless_and_broken_messages_are_refused(data: bytes) -> None:
    http = parser()

    def show() -> None:
        for at in range(0, len(data), 1400):
            list(http.feed(OUT, data[at : at + 1400], now=1))
        list(http.feed(OUT, b"x", now=1))

    with pytest.raises(ProtocolError):
        show()


def test_what_was_seen_before_an_error_is_kept() -> None:
    http = parser()
    (seen,) = http.feed(OUT, b"GET / HTTP/1.1\r\n\r\nrubbish\x00\r\n\r\n", now=1)
    assert seen.method == "GET"
    with pytest.raises(ProtocolError):
        http.feed(OUT, b"more", now=2)


@pytest.mark.parametrize(
    ("data", "claim"),
    [
        (b"GET / HTTP/1.1\r\n", Claim.YES),
        (b"M-SEARCH * HTTP/1.1\r\n", Claim.YES),
        (b"GET /", Claim.MORE),
        (b"H", Claim.MORE),
        (b"HTTP/1.1 200 ", Claim.YES),
        (b"HTTP/1.1 2", Claim.MORE),
        (b"OPTIONS rtsp://a/ RTSP/1.0\r\n", Claim.NO),
        (b"OPTIONS sip:a SIP/2.0\r\n", Claim.NO),
        (b"PRI * HTTP/2.0\r\n", Claim.NO),
        (b"GET /\r\n", Claim.NO),
        (b"\x16\x03\x01", Claim.NO),
        (b"GET /" + b"a" * 5000, Claim.YES),
    ],
)
def test_claims(data: bytes, claim: Claim) -> None:
    assert claims(data, OUT, TCP) is claim
