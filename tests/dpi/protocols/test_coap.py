"""CoAP: messages as RFC 7252 lays them out."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import coap
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said

# RFC 7252 appendix A: a confirmable GET of /temperature (figure 16), with a token (figure 18), and its answer
GET = bytes.fromhex("41017d3520bb") + b"temperature"
CONTENT = bytes.fromhex("61457d3520ff") + b"22.3 C"


def test_request_of_the_rfc_and_its_answer() -> None:
    request, answer = said(coap, (OUT, GET), (IN, CONTENT), transport="udp")
    assert (request.method, request.path, request.type) == ("GET", "/temperature", "confirmable")
    assert (answer.code, answer.path, answer.payload_bytes, answer.latency) == (
        "2.05",
        "/temperature",
        6,
        SECOND,
    )


def test_retransmission_counts_from_the_first() -> None:
    seen = said(coap, (OUT, GET), (OUT, GET), (IN, CONTENT), transport="udp")
    assert (seen[1].retransmitted, seen[2].latency) == (True, 2 * SECOND)


def test_observed_changes_have_no_latency() -> None:
    register = bytes.fromhex("410100012060") + b"\x51" + b"t"
    changed = bytes.fromhex("5145000920610 1".replace(" ", ""))
    seen = said(coap, (OUT, register), (IN, changed), (IN, changed), transport="udp")
    assert (seen[0].observe, seen[0].path) == (True, "/t")
    assert [(one.path, one.observe, one.latency) for one in seen[1:]] == [
        ("/t", True, SECOND),
        ("/t", True, None),
    ]


def test_host_query_empty_and_reset() -> None:
    asked = b"\x40\x02\0\1" + b"\x33a.b" + b"\x82ab" + b"\x43c=1" + b"\x03d=2"
    seen = said(coap, (OUT, asked), (IN, b"\x60\0\0\1"), (IN, b"\x70\0\0\1"), transport="udp")
    assert (seen[0].host, seen[0].path, seen[0].query) == ("a.b", "/ab", "c=1&d=2")
    assert [one.message for one in seen[1:]] == ["empty", "reset"]


def test_claims() -> None:
    assert asks(coap, GET, transport="udp", hinted=False) is Claim.YES
    assert asks(coap, CONTENT, transport="udp") is Claim.YES
    assert asks(coap, CONTENT, transport="udp", hinted=False) is Claim.NO
    for wrong in (
        b"\x40\1\0",
        b"\x40\1\0\1\xff",
        b"\x40\xe7\0\1",
        b"\x49" + bytes(20),
        b"\x40\1\0\1\xf1a",
        b"\x40\1\0\1\xe1\xff\xffa",
    ):
        assert asks(coap, wrong, transport="udp") is Claim.NO


@pytest.mark.parametrize(
    "wrong", [b"\x40", b"\x40\0\0\1x", b"\x40\1\0\1" + b"\x01a" * 40, b"\x40\1\0\1\x0da"]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(coap, (OUT, wrong), transport="udp")
