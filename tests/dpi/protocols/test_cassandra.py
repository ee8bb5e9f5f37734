"""Cassandra: frames as its specification lays them out."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import cassandra
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said


def string(text: str) -> bytes:
    return struct.pack("!H", len(text)) + text.encode()


def frame(opcode: int, body: bytes = b"", *, version: int = 4, stream: int = 0, flags: int = 0) -> bytes:
    return struct.pack("!BBHBI", version, flags, stream, opcode, len(body)) + body


STARTUP = frame(
    1, struct.pack("!H", 2) + string("CQL_VERSION") + string("3.4.5") + string("DRIVER_NAME") + string("Go")
)


def query(text: str, stream: int = 0) -> bytes:
    return frame(7, struct.pack("!I", len(text)) + text.encode() + b"\0\1\0", stream=stream)


def test_statements_by_stream() -> None:
    error = frame(0, struct.pack("!I", 0x2200) + string("no table"), version=0x84, stream=1)
    done = frame(8, struct.pack("!I", 3) + string("zoo"), version=0x84, stream=2)
    seen = said(cassandra, (OUT, query("select x", 1) + query("use zoo", 2)), (IN, done + error))
    assert (seen[0].query, seen[0].consistency, seen[0].version) == ("select x", "ONE", 4)
    assert (seen[2].query, seen[2].result, seen[2].keyspace, seen[2].latency) == (
        "use zoo",
        "keyspace",
        "zoo",
        SECOND,
    )
    assert (seen[3].query, seen[3].code, seen[3].error) == ("select x", 0x2200, "no table")


def test_prepared_statement_is_known_by_its_id() -> None:
    prepared = frame(8, struct.pack("!I", 4) + string("ID"), version=0x84)
    steps = [
        (OUT, frame(9, struct.pack("!I", 8) + b"select ?")),
        (IN, prepared),
        (OUT, frame(10, string("ID"))),
    ]
    assert said(cassandra, *steps)[-1].query == "select ?"


def test_login_and_driver() -> None:
    plain = b"\0ann\0hush"
    login = frame(15, struct.pack("!i", len(plain)) + plain)
    startup, seen = said(cassandra, (OUT, STARTUP + login))
    assert (startup.driver, seen.user, seen.credentials) == ("Go", "ann", True)
    assert "hush" not in repr(seen)


def test_version_5_is_left_alone_behind_ready() -> None:
    steps = [(OUT, frame(5, version=5)), (IN, frame(2, version=0x85)), (OUT, b"\x99" * 40)]
    assert [one.opcode for one in said(cassandra, *steps)] == ["OPTIONS", "READY"]


def test_claims() -> None:
    assert asks(cassandra, STARTUP, hinted=False) is Claim.YES
    assert asks(cassandra, frame(5), hinted=False) is Claim.YES
    assert asks(cassandra, STARTUP[:12]) is Claim.MORE
    for wrong in (frame(5, b"x"), frame(7, bytes(20)), frame(1, bytes(30)), b"\7", b"\4\xff"):
        assert asks(cassandra, wrong) is Claim.NO


@pytest.mark.parametrize("wrong", [b"\x99" * 20, frame(99), frame(2), frame(7, b"\0\0")])
def test_nonsense_is_refused(wrong: bytes) -> None:
    side = IN if wrong[4] == 2 else OUT
    assert refuses(cassandra, (OUT, STARTUP), (side, wrong))


def test_running_session_is_recognised_by_a_statement_on_the_port() -> None:
    assert asks(cassandra, query("select 1 from t")) is Claim.YES
    assert asks(cassandra, query("select 1 from t"), hinted=False) is Claim.NO
    assert asks(cassandra, query("nonsense here")) is Claim.NO
