"""SOCKS: requests, answers, logins, handing on."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import socks
from procwire.model.observation import Upgraded
from tests.dpi.hearing import IN, OUT, claimed, heard, listening, recited

REQUEST = b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"


def test_version_5_with_a_login() -> None:
    asked, answered, handed = recited(socks, "version5")
    assert (asked.host, asked.port, asked.command, asked.name) == (
        "example.com",
        80,
        "connect",
        "example.com",
    )
    assert (asked.user, asked.credentials, asked.methods) == ("alice", True, ("none", "password"))
    assert (answered.status, answered.bound_host, answered.bound_port) == ("succeeded", "192.0.2.7", 40000)
    assert answered.latency == 10
    assert isinstance(handed, Upgraded)
    assert "wonderland" not in repr(asked)


def test_version_4() -> None:
    asked, answered, _ = recited(socks, "version4a")
    assert (asked.version, asked.host, asked.port, asked.user) == ("4a", "www.example.org", 443, "alice")
    assert answered.status == "granted"
    asked, answered = recited(socks, "refused")
    assert (asked.version, asked.host, asked.name) == ("4", "192.0.2.1", "")
    assert (answered.status, answered.code) == ("rejected", 91)


def test_what_follows_is_handed_on() -> None:
    parser = listening(socks)
    list(parser.feed(OUT, b"\x05\x01\x00", now=1))
    list(parser.feed(IN, b"\x05\x00", now=2))
    list(parser.feed(OUT, b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50GET ", now=3))
    list(parser.feed(IN, b"\x05\x00\x00\x01\0\0\0\0\0\0early", now=4))
    assert (parser.remainder(OUT), parser.remainder(IN)) == (b"GET ", b"early")


def test_refusals() -> None:
    (seen,) = heard(socks, (OUT, b"\x05\x01\x00"), (IN, b"\x05\xff"))
    assert seen.status == "no acceptable method"
    (seen,) = heard(
        socks, (OUT, b"\x05\x01\x02"), (IN, b"\x05\x02"), (OUT, b"\x01\x01a\x01b"), (IN, b"\x01\x01")
    )
    assert (seen.status, seen.code) == ("login failed", 1)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"\x05\x01\x00", "yes"),
        (b"\x05\x02\x00", "need more"),
        (b"\x05\x02\x00\x00", "no"),
        (b"\x05\x00", "no"),
        (b"\x05\x01\x40", "no"),
        (b"\x04\x01\x00\x50\xc0\x00\x02\x01bob\x00", "yes"),
        (b"\x04\x01\x00\x50\x00\x00\x00\x01\x00", "need more"),
        (b"\x04\x01\x00\x00\xc0\x00\x02\x01\x00", "no"),
        (b"\x04\x03", "no"),
    ],
)
def test_claims(data: bytes, answer: str) -> None:
    assert claimed(socks, data) == answer


@pytest.mark.parametrize(
    "answer", [b"\x04\x00", b"\x05\x00\x05\x00\x00\x09\0\0\0\0\0\0", b"\x05\x05", b"\x05\x00" + b"x" * 2000]
)
def test_answers_that_are_none(answer: bytes) -> None:
    with pytest.raises(ProtocolError):
        heard(socks, (OUT, b"\x05\x01\x00"), (IN, answer[:2]), (OUT, REQUEST), (IN, answer[2:]))
