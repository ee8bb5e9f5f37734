"""Modbus/TCP: requests, answers, exceptions, identity."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import modbus
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said


def adu(function: int, body: bytes = b"", number: int = 1) -> bytes:
    return struct.pack("!HHHBB", number, 0, 2 + len(body), 9, function) + body


READ = adu(3, struct.pack("!HH", 100, 2))


def test_answers_are_matched_by_number() -> None:
    asked = READ + adu(16, struct.pack("!HHB", 7, 1, 2) + b"\x12\x34", 2)
    seen = said(modbus, (OUT, asked), (IN, adu(0x90, b"\2", 2) + adu(3, b"\4\0\0\0\0")))
    assert [(one.function, one.address, one.count, one.write) for one in seen[:2]] == [
        ("read-holding-registers", 100, 2, False), ("write-multiple-registers", 7, 1, True)]  # fmt: skip
    assert (seen[2].exception, seen[2].address, seen[2].latency) == ("illegal-data-address", 7, SECOND)
    assert (seen[3].function, seen[3].exception, seen[3].unit) == ("read-holding-registers", "", 9)


def test_identity_of_a_device() -> None:
    told = b"\x0e\1\1\0\0\2" + b"\0\4Acme" + b"\1\2P1"
    assert said(modbus, (OUT, adu(43, b"\x0e\1\0")), (IN, adu(43, told)))[1].identity == ("Acme", "P1")


@pytest.mark.parametrize(
    "data",
    [READ, adu(5, b"\0\1\xff\0"), adu(15, struct.pack("!HHB", 0, 9, 2) + b"\0\0"), adu(43, b"\x0e\1\0")],
)
def test_claims_by_content(data: bytes) -> None:
    assert asks(modbus, data, hinted=False) is Claim.YES


def test_others_are_not_claimed() -> None:
    for wrong in (
        adu(3, struct.pack("!HH", 0, 999)),
        adu(99, b"abcd"),
        b"\0\1\0\1",
        b"\0\1\0\0\1",
        adu(5, b"\0\1\1\1"),
        adu(15, b"\0\0\0\1"),  # ends before its count of bytes
    ):
        assert asks(modbus, wrong, hinted=False) is Claim.NO
    assert asks(modbus, adu(17)) is Claim.YES
    assert asks(modbus, adu(17), hinted=False) is Claim.NO


def test_nonsense_is_refused() -> None:
    assert refuses(modbus, (OUT, READ), (OUT, b"\0\1\0\1\0\6"))
    assert refuses(modbus, (OUT, b"\0\1\0\0\xff\xff\1\3"))
