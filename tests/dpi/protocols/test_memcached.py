"""memcached: text, binary and datagrams."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import memcached
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said


def binary(
    opcode: int, key: bytes = b"", extras: bytes = b"", value: bytes = b"", *, magic: int = 0x80
) -> bytes:
    total = len(key) + len(extras) + len(value)
    return (
        struct.pack("!BBHBBHIIQ", magic, opcode, len(key), len(extras), 0, 0, total, 7, 0)
        + extras
        + key
        + value
    )


def test_text_commands_and_answers_in_order() -> None:
    asked = b"set a 0 0 4\r\nhush\r\nset b 0 0 1 noreply\r\nx\r\nget a b\r\nincr n 1\r\n"
    seen = said(
        memcached, (OUT, asked), (IN, b"STORED\r\nVALUE a 0 4\r\nhush\r\nVALUE b 0 1\r\nx\r\nEND\r\n5\r\n")
    )
    assert [(one.command, one.key, one.keys, one.value_bytes) for one in seen[:4]] == [
        ("set", "a", 1, 4), ("set", "b", 1, 1), ("get", "a", 2, None), ("incr", "n", 1, None)]  # fmt: skip
    assert [(one.command, one.result, one.hits, one.latency) for one in seen[4:]] == [
        ("set", "STORED", None, SECOND), ("get", "END", 2, SECOND), ("incr", "5", None, SECOND)]  # fmt: skip
    assert "hush" not in repr(seen)


def test_binary_is_matched_by_its_opaque() -> None:
    answer = binary(1, magic=0x81)
    command, reply = said(memcached, (OUT, binary(1, b"pet", bytes(8), b"hush")), (IN, answer))
    assert (command.command, command.key, command.value_bytes) == ("set", "pet", 4)
    assert (reply.result, reply.key, reply.latency) == ("ok", "pet", SECOND)


def test_password_of_sasl_is_reported_and_not_kept() -> None:
    (seen,) = said(memcached, (OUT, binary(0x21, b"PLAIN", b"", b"\0ann\0hush")))
    assert seen.credentials
    assert "hush" not in repr(seen)


def test_datagrams() -> None:
    seen = said(
        memcached,
        (OUT, b"\0\1\0\0\0\1\0\0get pet\r\n"),
        (IN, b"\0\1\0\0\0\2\0\0VALUE pet 0 3\r\ncat\r\n"),
        (IN, b"\0\1\0\1\0\2\0\0END\r\n"),
        transport="udp",
    )
    assert [(one.message, one.key) for one in seen] == [("command", "pet"), ("reply", "pet")]


def test_value_is_passed_over() -> None:
    fed = parser(memcached)
    list(fed.feed(OUT, b"set a 0 0 1000000\r\n" + b"x" * 3000, now=1))
    assert fed.skip(OUT) == 1_000_002 - 3000


@pytest.mark.parametrize(
    "data", [b"get pet\r\n", b"cas a 0 0 1 99\r\n", b"ms a 2 T60\r\n", binary(0, b"pet"), binary(11)]
)
def test_claims(data: bytes) -> None:
    assert asks(memcached, data, hinted=False) is Claim.YES


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n", b"set a b\r\n", b"version\r\n", b"\x80" + bytes(30), binary(40)]
)
def test_others_are_not_claimed(data: bytes) -> None:
    assert asks(memcached, data, hinted=False) is Claim.NO
    assert asks(memcached, b"version\r\n") is Claim.YES


@pytest.mark.parametrize(
    "wrong", [b"VALUE a\r\n", b"HTTP/1.1 200 OK\r\n", b"\x81" + b"\xff" * 30, b"x" * 3000]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(memcached, (OUT, b"get a\r\n"), (IN, wrong))
