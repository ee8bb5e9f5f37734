"""X11: a real display, right and wrong cookies; both byte orders; what is no set-up."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, Claim, ProtocolError
from procwire.dpi.protocols import x11
from tests.dpi.talking import IN, OUT, apps, claimed, context, lines_said, rows, talk

TCP = context("tcp", 6000)
BIG = b"B\0" + struct.pack("!HHHHH", 11, 0, 18, 16, 0) + b"MIT-MAGIC-COOKIE-1\0\0" + bytes(range(16))


def test_display() -> None:
    said = rows("x11/display", "x11")
    assert [line["message"] for line in said] == ["request", "accepted", "request", "refused"]
    assert (said[0]["authorization"], said[0]["credentials"]) == ("MIT-MAGIC-COOKIE-1", True)
    assert (said[1]["vendor"], said[1]["screen"]) == ("The X.Org Foundation", "64x48")
    assert said[3]["reason"].startswith("Invalid MIT-MAGIC-COOKIE-1")
    assert all(line["latency"] > 0 for line in said[1::2])
    assert apps("x11/display") == {("x11", "content")}


def test_cookie_is_not_kept() -> None:
    assert "00112233445566778899aabbccddeeff" not in str(lines_said("x11/display"))


def test_big_endian_and_what_follows() -> None:
    refused = b"\0\7" + struct.pack("!HHH", 11, 0, 2) + b"go away\0"
    parser: Any = x11.Parser(TCP)
    (asked,) = parser.feed(OUT, BIG + b"early request", now=10)
    (answer,) = parser.feed(IN, refused, now=30)
    assert (asked.credentials, answer.reason, answer.latency) == (True, "go away", 20)
    assert parser.skip(OUT) == ENOUGH
    assert not list(parser.feed(OUT, b"anything", now=40))


def test_claims() -> None:
    assert claimed(x11, BIG, context("tcp", 9))
    assert x11.claims(BIG[:11], OUT, TCP) is Claim.MORE
    assert not claimed(x11, b"l" + BIG[1:], TCP)
    assert not claimed(x11, BIG[:6] + b"\xff\xff" + BIG[8:], TCP)
    assert not claimed(x11, BIG.replace(b"MIT", b"\1\2\3"), TCP)


@pytest.mark.parametrize("data", [b"m", b"l\1", b"l\0\x0c\0", BIG[:10] + b"\1\1"])
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(x11, TCP, (OUT, data))
    with pytest.raises(ProtocolError):
        talk(x11, TCP, (OUT, BIG), (IN, b"\x09"))
