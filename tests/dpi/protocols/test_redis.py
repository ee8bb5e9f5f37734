"""Redis: commands, answers, what is pushed, and what is masked."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import redis
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said


def command(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def test_pipelined_commands_are_answered_in_order() -> None:
    asked = command(b"SET", b"k", b"hush") + command(b"get", b"k") + command(b"LRANGE", b"l", b"0", b"-1")
    seen = said(redis, (OUT, asked), (IN, b"+OK\r\n$4\r\nhush\r\n*2\r\n$1\r\na\r\n*1\r\n:1\r\n"))
    assert [(one.command, one.key, one.arguments) for one in seen[:3]] == [
        ("SET", "k", 2), ("GET", "k", 1), ("LRANGE", "l", 3)]  # fmt: skip
    assert [(one.command, one.kind, one.count) for one in seen[3:]] == [
        ("SET", "status", None), ("GET", "bulk", 4), ("LRANGE", "array", 2)]  # fmt: skip
    assert seen[3].latency == SECOND
    assert "hush" not in repr(seen)


@pytest.mark.parametrize(
    ("words", "user"),
    [
        ((b"AUTH", b"hush"), ""),
        ((b"AUTH", b"ann", b"hush"), "ann"),
        ((b"HELLO", b"3", b"AUTH", b"ann", b"hush"), "ann"),
        ((b"CONFIG", b"SET", b"requirepass", b"hush"), ""),
        ((b"ACL", b"SETUSER", b"ann", b">hush"), ""),
    ],
)
def test_passwords_are_reported_and_not_kept(words: tuple[bytes, ...], user: str) -> None:
    (seen,) = said(redis, (OUT, command(*words)))
    assert (seen.credentials, seen.user) == (True, user)
    assert "hush" not in repr(seen)


def test_resp3_values() -> None:
    answer = (
        b"%1\r\n+a\r\n,1.5\r\n"
        + b"_\r\n"
        + b"|1\r\n+x\r\n:1\r\n#t\r\n"
        + b"$-1\r\n"
        + b">2\r\n+message\r\n+x\r\n"
    )
    seen = said(redis, (OUT, command(b"PING") * 4), (IN, answer))
    assert [one.kind for one in seen[4:]] == ["map", "null", "boolean", "null", "message"]


def test_what_a_subscriber_is_sent_answers_nothing() -> None:
    seen = said(
        redis,
        (OUT, command(b"SUBSCRIBE", b"news")),
        (IN, b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n"),
    )
    assert (seen[0].key, seen[1].message, seen[1].kind) == ("news", "push", "message")


def test_long_values_are_passed_over() -> None:
    fed = parser(redis)
    list(fed.feed(OUT, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5000000\r\n" + b"x" * 1500, now=1))
    assert fed.skip(OUT) == 5_000_002 - 1500
    (seen,) = fed.feed(OUT, command(b"PING"), now=2)
    assert seen.command == "PING"


def test_claims() -> None:
    assert asks(redis, command(b"PING"), hinted=False) is Claim.YES
    assert asks(redis, b"PING\r\n") is Claim.YES
    assert asks(redis, b"PING\r\n", hinted=False) is Claim.NO
    assert asks(redis, b"*3\r\n$") is Claim.MORE
    for wrong in (b"*0\r\n", b"*x", b"*3\r\n:", b"*1\r\n$999", b"HEAD / HTTP"):
        assert asks(redis, wrong) is Claim.NO


@pytest.mark.parametrize("wrong", [b"!\r\n", b"*1\r\n" * 40, b":" + b"1" * 200, b"$99999999999\r\n"])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(redis, (OUT, command(b"PING")), (IN, wrong))


def test_only_an_early_password_is_a_risk_of_the_flow() -> None:
    (first,) = said(redis, (OUT, command(b"AUTH", b"hush")))
    late = said(redis, (OUT, command(b"PING") * 64 + command(b"AUTH", b"hush")))[-1]
    assert (first.RISKS, late.RISKS) == ({"credentials": "cleartext-credentials"}, {})
    assert late.credentials
