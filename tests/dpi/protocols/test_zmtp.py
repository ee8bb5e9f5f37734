"""ZMTP: greetings of each version, commands of the handshake."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import ENOUGH, Claim
from procwire.dpi.protocols import zmtp
from tests.dpi.said import IN, OUT, asks, parser, refuses, said

SIGNATURE = b"\xff" + bytes(7) + b"\1\x7f"


def greeting(mechanism: bytes = b"NULL", server: bool = False) -> bytes:
    return SIGNATURE + b"\3\1" + mechanism.ljust(20, b"\0") + bytes([server]) + bytes(31)


def command(name: bytes, body: bytes) -> bytes:
    inner = bytes([len(name)]) + name + body
    return b"\4" + bytes([len(inner)]) + inner


def property_of(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + struct.pack("!I", len(value)) + value


READY = command(b"READY", property_of(b"Socket-Type", b"DEALER") + property_of(b"Identity", b"w1"))


def test_ready_tells_type_and_identity_and_ends_the_reading() -> None:
    fed = parser(zmtp)
    seen = list(fed.feed(OUT, greeting() + READY, now=1)) + list(fed.feed(IN, greeting() + READY, now=2))
    assert [one.message for one in seen] == ["greeting", "READY", "greeting", "READY"]
    assert (seen[1].socket_type, seen[1].identity, seen[0].version, seen[0].mechanism) == (
        "DEALER",
        "w1",
        "3.1",
        "NULL",
    )
    assert (fed.skip(OUT), fed.skip(IN)) == (ENOUGH, ENOUGH)


def test_password_is_reported_and_not_kept() -> None:
    seen = said(zmtp, (OUT, greeting(b"PLAIN") + command(b"HELLO", b"\3ann\4hush")))
    assert (seen[1].user, seen[1].credentials) == ("ann", True)
    assert "hush" not in repr(seen)


def test_error_curve_and_version_2() -> None:
    assert said(zmtp, (OUT, greeting()), (IN, greeting() + command(b"ERROR", b"\2no")))[2].error == "no"
    first, hello, second = said(
        zmtp, (OUT, greeting(b"CURVE") + command(b"HELLO", bytes(60))), (IN, greeting(b"CURVE", True))
    )
    assert [(one.mechanism, one.server) for one in (first, second)] == [("CURVE", False), ("CURVE", True)]
    assert (hello.message, hello.credentials) == ("HELLO", False)
    (old,) = said(zmtp, (OUT, SIGNATURE + b"\1\5"))
    assert (old.version, old.socket_type) == ("2.0", "DEALER")


def test_claims() -> None:
    assert asks(zmtp, greeting()) is Claim.YES
    assert asks(zmtp, SIGNATURE) is Claim.MORE
    for wrong in (
        b"\xff\1",
        SIGNATURE + b"\7\1",
        SIGNATURE + b"\1\x99",
        greeting(b"XYZ"),
        b"\xff" + bytes(8) + b"\0",
    ):
        assert asks(zmtp, wrong) is Claim.NO


@pytest.mark.parametrize("wrong", [b"\x99\1a", b"\4\2\x09a", b"\5\1a"])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(zmtp, (OUT, greeting()), (OUT, wrong))
    assert refuses(zmtp, (OUT, greeting(b"XYZ")))
