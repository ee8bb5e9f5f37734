"""Aerospike: info, operations, logins."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import aerospike
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said
from tests.dpi.talking import rows


def framed(kind: int, body: bytes) -> bytes:
    return bytes([2, kind]) + len(body).to_bytes(6, "big") + body


def field(kind: int, value: bytes) -> bytes:
    return struct.pack("!IB", len(value) + 1, kind) + value


def operation(read: int, write: int, *fields: bytes, result: int = 0) -> bytes:
    head = struct.pack("!BBBBBBIIIHH", 22, read, write, 0, 0, result, 0, 0, 0, len(fields), 0)
    return framed(3, head + b"".join(fields))


INFO = framed(1, b"node\nfeatures\n")


def test_real_client() -> None:
    seen = rows("aerospike/session", "aerospike")
    wanted = [(one["operation"], one["namespace"], one["set"]) for one in seen if "operation" in one]
    assert wanted == [("write", "shop", "carts"), ("read", "shop", "carts"), ("delete", "shop", "carts")]
    assert all("latency" in one for one in seen if one["message"] == "response")


def test_info_and_operations_in_order() -> None:
    asked = INFO + operation(1, 0, field(0, b"shop"), field(1, b"carts"), field(4, b"hush")) + operation(0, 1)
    seen = said(
        aerospike, (OUT, asked), (IN, framed(1, b"node\tA\n") + operation(0, 0, result=2) + operation(0, 0))
    )
    assert (seen[0].names, seen[1].operation, seen[1].namespace, seen[1].set) == (
        ("node", "features"),
        "read",
        "shop",
        "carts",
    )
    assert (seen[2].operation, seen[3].kind, seen[3].latency) == ("write", "info", SECOND)
    assert [one.result for one in seen[4:]] == [2, 0]
    assert "hush" not in repr(seen)


def test_login() -> None:
    body = bytes((0, 0, 20, 2)) + bytes(12) + field(0, b"ann") + field(3, b"hush")
    (seen,) = said(aerospike, (OUT, framed(2, body)))
    assert (seen.kind, seen.operation, seen.user) == ("security", "login", "ann")
    assert asks(aerospike, framed(2, body), hinted=False) is Claim.YES
    assert "hush" not in repr(seen)


def test_claims() -> None:
    assert asks(aerospike, INFO, hinted=False) is Claim.YES
    assert asks(aerospike, operation(1, 0), hinted=False) is Claim.YES
    assert asks(aerospike, INFO[:9]) is Claim.MORE
    for wrong in (framed(1, b"\1\2\3\4\5"), framed(3, bytes(30)), framed(2, bytes(30)), b"\2\7", b"\2\1\1"):
        assert asks(aerospike, wrong) is Claim.NO


@pytest.mark.parametrize("wrong", [b"\3" * 9, b"\2\1\xff\xff\xff\xff\xff\xff"])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(aerospike, (OUT, INFO + wrong), (OUT, INFO))
