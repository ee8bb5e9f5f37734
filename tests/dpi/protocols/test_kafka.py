"""Kafka: headers old and flexible, topics, logins."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import kafka
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said


def framed(body: bytes) -> bytes:
    return struct.pack("!I", len(body)) + body


def request(api: int, version: int, body: bytes = b"", number: int = 7, client: bytes = b"till") -> bytes:
    return framed(struct.pack("!HHIH", api, version, number, len(client)) + client + body)


def test_request_and_response_by_number() -> None:
    asked = request(3, 1, struct.pack("!IH", 1, 4) + b"pets", 1) + request(18, 0, number=2)
    seen = said(
        kafka, (OUT, asked), (IN, framed(struct.pack("!IH", 2, 35)) + framed(struct.pack("!I", 1) + bytes(9)))
    )
    assert (seen[0].api, seen[0].topics, seen[0].client_id, seen[0].version) == (
        "Metadata",
        ("pets",),
        "till",
        1,
    )
    assert (seen[2].api, seen[2].error, seen[2].latency) == ("ApiVersions", 35, SECOND)
    assert (seen[3].api, seen[3].error) == ("Metadata", None)


def test_flexible_requests() -> None:
    versions = request(18, 3, b"\0" + b"\5java" + b"\0043.7" + b"\0")
    metadata = request(3, 12, b"\0" + b"\2" + bytes(16) + b"\5pets\0" + b"\0\0")
    group = request(11, 7, b"\0" + b"\4abc")
    seen = said(kafka, (OUT, versions + metadata + group))
    assert (seen[0].software, seen[1].topics, seen[2].group) == ("java 3.7", ("pets",), "abc")


def test_first_topic_of_a_message_and_what_follows_is_passed_over() -> None:
    body = struct.pack("!hHIIH", -1, 1, 1000, 1, 4) + b"pets" + bytes(50_000)
    fed = parser(kafka)
    (seen,) = fed.feed(OUT, request(0, 7, body)[:2000], now=1)
    assert seen.topics == ("pets",)
    assert fed.skip(OUT) == len(request(0, 7, body)) - 2000


@pytest.mark.parametrize(("data", "clear"), [(b"\0ann\0hush", True), (b"n,,n=ann,r=hush", False)])
def test_login_is_masked(data: bytes, clear: bool) -> None:
    asked = request(17, 1, struct.pack("!H", 5) + b"PLAIN") + request(36, 0, framed(data))
    handshake, seen = said(kafka, (OUT, asked))
    assert (handshake.mechanism, seen.user, seen.credentials) == ("PLAIN", "ann", clear)
    assert "hush" not in repr(seen)


def test_what_cannot_be_read_is_still_told() -> None:
    (seen,) = said(kafka, (OUT, request(3, 1, b"\0\0\0\x09\0\x70cut")))
    assert (seen.api, seen.topics) == ("Metadata", ())


def test_claims() -> None:
    assert asks(kafka, request(3, 1), hinted=False) is Claim.YES
    assert asks(kafka, framed(struct.pack("!HHIh", 18, 0, 1, -1))) is Claim.YES
    assert asks(kafka, request(3, 1)[:9]) is Claim.MORE
    for wrong in (request(300, 1), request(3, 99), request(3, 1, client=b"\1\2\3\4"), b"\0\0\0\3", b"\1"):
        assert asks(kafka, wrong) is Claim.NO
    startup = (
        struct.pack("!II", 60, 196608) + b"user\0ann\0database\0shop\0application_name\0till\0\0pad\0pad"
    )
    assert asks(kafka, startup) is Claim.NO


@pytest.mark.parametrize("wrong", [b"\xff" * 9, request(300, 1), framed(b"\0\3\0\1")])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(kafka, (OUT, wrong))
