"""Bitcoin: messages of the network."""

from __future__ import annotations

import struct
from hashlib import sha256

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import bitcoin
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said

MAGIC = bytes.fromhex("f9beb4d9")


def message(command: bytes, body: bytes = b"", magic: bytes = MAGIC) -> bytes:
    check = sha256(sha256(body).digest()).digest()[:4]
    return magic + command.ljust(12, b"\0") + struct.pack("<I", len(body)) + check + body


AGENT = b"/Satoshi:25.0.0/"
VERSION = message(
    b"version",
    struct.pack("<I", 70016) + bytes(76) + bytes([len(AGENT)]) + AGENT + struct.pack("<I", 800_000),
)
# "verack", from the developer reference
VERACK = bytes.fromhex("f9beb4d976657261636b000000000000000000005df6e0e2")


def test_versions_and_kinds_are_told_once() -> None:
    seen = said(bitcoin, (OUT, VERSION), (IN, VERACK + VERSION), (OUT, message(b"inv", bytes(37)) * 3))
    assert [(one.command, one.side) for one in seen] == [
        ("version", OUT),
        ("verack", IN),
        ("version", IN),
        ("inv", OUT),
    ]
    assert (seen[0].version, seen[0].user_agent, seen[0].height) == (70016, "/Satoshi:25.0.0/", 800_000)
    assert seen[0].network == "bitcoin"


def test_what_answers_another_has_its_latency() -> None:
    steps = [
        (OUT, VERSION),
        (IN, VERACK),
        (OUT, message(b"ping", bytes(8))),
        (IN, message(b"pong", bytes(8))),
    ]
    assert [one.latency for one in said(bitcoin, *steps)] == [None, SECOND, None, SECOND]
    assert said(bitcoin, (OUT, VERSION), (OUT, VERACK))[1].latency is None


def test_other_networks_and_long_blocks() -> None:
    assert (
        said(bitcoin, (OUT, message(b"ping", bytes(8), bytes.fromhex("fbc0b6db"))))[0].network == "litecoin"
    )
    fed = parser(bitcoin)
    list(fed.feed(OUT, message(b"block", bytes(900_000))[:1000], now=1))
    assert fed.skip(OUT) == 900_024 - 1000


def test_claims() -> None:
    assert asks(bitcoin, VERACK, hinted=False) is Claim.YES
    assert asks(bitcoin, VERACK[:9]) is Claim.MORE
    for wrong in (MAGIC + bytes(20), MAGIC + b"\xff" * 20, b"\xf9\xbe\xb4\xda"):
        assert asks(bitcoin, wrong) is Claim.NO


@pytest.mark.parametrize("wrong", [b"x" * 30, MAGIC + bytes(20), message(b"version", b"abc")])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(bitcoin, (OUT, wrong))
