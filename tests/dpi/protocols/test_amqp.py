"""AMQP 0-9-1 methods and 1.0 performatives, byte by byte."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import amqp
from procwire.model.observation import Upgraded
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said

OLD, NEW, SASL = b"AMQP\0\0\x09\1", b"AMQP\0\1\0\0", b"AMQP\3\1\0\0"


def short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def method(number: tuple[int, int], body: bytes = b"", channel: int = 1) -> bytes:
    payload = struct.pack("!HH", *number) + body
    return struct.pack("!BHI", 1, channel, len(payload)) + payload + b"\xce"


def frame(number: int, *fields: bytes, kind: int = 0) -> bytes:
    inner = bytes([len(fields)]) + b"".join(fields)
    body = b"\0\x53" + bytes([number]) + b"\xc0" + bytes([len(inner)]) + inner
    return struct.pack("!IBBH", 8 + len(body), 2, kind, 0) + body


def text(value: bytes, code: int = 0xA1) -> bytes:
    return bytes([code, len(value)]) + value


def test_login_of_old_is_masked() -> None:
    table = short(b"product") + b"S" + struct.pack("!I", 4) + b"till" + short(b"version") + b"S\0\0\0\0011"
    body = (
        struct.pack("!I", len(table))
        + table
        + short(b"PLAIN")
        + struct.pack("!I", 9)
        + b"\0ann\0hush"
        + short(b"en")
    )
    _, seen = said(amqp, (OUT, OLD), (OUT, method((10, 11), body, 0)))
    assert (seen.product, seen.mechanism, seen.user, seen.credentials) == ("till 1", "PLAIN", "ann", True)
    assert "hush" not in repr(seen)


def test_methods_are_answered_on_their_channel() -> None:
    declare = b"\0\0" + short(b"pets") + b"\0" + bytes(4)
    close = struct.pack("!H", 404) + short(b"no queue") + bytes(4)
    steps = [(OUT, OLD), (OUT, method((50, 10), declare) + method((50, 10), declare, 2))]
    seen = said(amqp, *steps, (IN, method((50, 11), short(b"pets") + bytes(8), 2) + method((20, 40), close)))
    assert (seen[1].message, seen[1].name) == ("queue.declare", "pets")
    assert (seen[3].message, seen[3].channel, seen[3].latency) == ("queue.declare-ok", 2, SECOND)
    assert (seen[4].message, seen[4].code, seen[4].reason) == ("channel.close", 404, "no queue")


def test_contents_are_passed_over() -> None:
    fed = parser(amqp)
    list(fed.feed(OUT, OLD + struct.pack("!BHI", 3, 1, 100_000) + bytes(3000), now=1))
    assert fed.skip(OUT) == 100_000 + 1 - 3000


def test_performatives_of_new() -> None:
    login = frame(0x41, text(b"PLAIN", 0xA3), text(b"\0ann\0hush", 0xA0), kind=1)
    target = b"\0\x53\x29\xc0\x06\1" + text(b"pets"[:2]) + b""
    attach = frame(0x12, text(b"link"), b"\x43", b"\x42", b"\x40", b"\x40", b"\x40", target)
    error = b"\0\x53\x1d\xc0\x0b\2" + text(b"amqp", 0xA3) + text(b"no")
    seen = said(
        amqp,
        (OUT, SASL + login),
        (OUT, NEW + frame(0x10, text(b"me"), text(b"db"))),
        (OUT, attach + frame(0x18, error)),
    )
    told = [one for one in seen if one.message != "header"]
    assert (told[0].user, told[0].credentials, told[0].mechanism) == ("ann", True, "PLAIN")
    assert (told[1].message, told[1].name, told[1].host) == ("open", "me", "db")
    assert (told[2].name, told[2].kind, told[2].key) == ("link", "sender", "pe")
    assert (told[3].message, told[3].reason) == ("close", "amqp: no")
    assert "hush" not in repr(seen)


def test_tls_of_new_is_handed_on() -> None:
    seen = said(amqp, (OUT, amqp.TLS_HEADER), (IN, amqp.TLS_HEADER), (OUT, b"\x16\3\1"))
    assert [one.hint for one in seen if isinstance(one, Upgraded)] == ["tls"]


def test_claims() -> None:
    for header in amqp.HEADERS:
        assert asks(amqp, header, hinted=False) is Claim.YES
    assert asks(amqp, b"AMQ") is Claim.MORE
    assert asks(amqp, b"AMQP\0\0\7\7") is Claim.NO


@pytest.mark.parametrize(
    "wrong", [b"\x99" * 9, method((10, 10))[:-1] + b"x", b"AMQP\0\0\7\7", b"\1\0\0\xff\xff\xff\xff"]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(amqp, (OUT, OLD), (IN, wrong))
    assert refuses(amqp, (OUT, NEW), (IN, b"\0\0\0\x10\2\0\0\0\0\x53\x10\xee\0\0\0\0"))
