"""Cassandra: frames as its specification lays them out."""

from __future__ import annotations

import struct
import zlib

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import cassandra
from tests.dpi.said import IN, OUT, SECOND, asks, parser, refuses, said
from tests.dpi.talking import rows


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


def test_real_driver() -> None:
    for name, version in (("session", 4), ("framed", 5)):
        asked = rows(f"cassandra/{name}", "cassandra", opcode="EXECUTE")
        assert [one["query"] for one in asked] == ["SELECT name FROM pets WHERE owner = ?"]
        failed = rows(f"cassandra/{name}", "cassandra", opcode="ERROR")
        assert [(one["code"], one["version"]) for one in failed] == [(0x2200, version), (0x0100, version)]
        assert rows(f"cassandra/{name}", "cassandra", user="alice", credentials=True)
        assert all(one["latency"] is not None for one in failed)


def test_login_and_driver() -> None:
    plain = b"\0ann\0hush"
    login = frame(15, struct.pack("!i", len(plain)) + plain)
    startup, seen = said(cassandra, (OUT, STARTUP + login))
    assert (startup.driver, seen.user, seen.credentials) == ("Go", "ann", True)
    assert "hush" not in repr(seen)


def outer(payload: bytes, *, whole: bool = True) -> bytes:
    """An outer frame of version 5, as the driver's own ``cassandra.segment`` makes it."""
    head = (len(payload) | whole << 17).to_bytes(3, "little")
    check = 0x875060
    for byte in head:
        check ^= byte << 16
        for _ in range(8):
            check = check << 1 ^ (0x1974F0B if check & 0x800000 else 0)
    return head + check.to_bytes(3, "little") + payload + zlib.crc32(payload).to_bytes(4, "little")


FIVE = frame(1, STARTUP[9:], version=5)
READY = frame(2, version=0x85)


def asked(text: str, stream: int) -> bytes:
    return frame(7, struct.pack("!I", len(text)) + text.encode() + bytes(6), version=5, stream=stream)


def void(stream: int) -> bytes:
    return frame(8, struct.pack("!I", 1), version=0x85, stream=stream)


def test_version_5_in_its_outer_frames() -> None:
    two = outer(asked("select 1", 1) + asked("select 2", 2))
    seen = said(cassandra, (OUT, FIVE), (IN, READY), (OUT, two), (IN, outer(void(2)) + outer(void(1))))
    assert [(one.opcode, one.query) for one in seen[2:]] == [
        ("QUERY", "select 1"), ("QUERY", "select 2"), ("RESULT", "select 2"), ("RESULT", "select 1"),
    ]  # fmt: skip
    assert [one.latency for one in seen[4:]] == [SECOND, SECOND]


def test_version_5_puts_a_message_of_several_outer_frames_together() -> None:
    rows = frame(8, struct.pack("!I", 2) + bytes(100_000), version=0x85, stream=1)
    parts = [outer(rows[at : at + 40_000], whole=False) for at in range(0, len(rows), 40_000)]
    steps = [(OUT, FIVE), (IN, READY), (OUT, outer(asked("select 1", 1)))]
    seen = said(cassandra, *steps, (IN, b"".join(parts) + outer(void(3))))
    assert [(one.opcode, one.result) for one in seen[3:]] == [("RESULT", "rows"), ("RESULT", "void")]


def test_version_5_says_of_nothing_that_it_was_not_answered_where_it_did_not_look() -> None:
    fed = parser(cassandra)
    for side, data in ((OUT, FIVE), (IN, READY), (OUT, outer(asked("select 1", 1)))):
        list(fed.feed(side, data, now=1))
    long = frame(8, struct.pack("!I", 2) + bytes(20_000), version=0x85, stream=9)
    list(fed.feed(IN, outer(long + void(1)), now=2))
    assert not list(fed.finish(3))


def test_version_5_with_compression_ends_behind_the_login() -> None:
    options = (
        struct.pack("!H", 2) + string("CQL_VERSION") + string("3.4.5") + string("COMPRESSION") + string("lz4")
    )
    steps = [(OUT, frame(1, options, version=5)), (IN, READY), (OUT, b"\x99" * 40)]
    assert [one.opcode for one in said(cassandra, *steps)] == ["STARTUP", "READY"]


def test_version_5_refuses_a_wrong_checksum() -> None:
    assert refuses(cassandra, (OUT, FIVE), (IN, READY), (OUT, b"\0\0\2\0\0\0" + bytes(20)))


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
