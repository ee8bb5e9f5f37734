"""EtherNet/IP: encapsulation, identity, services, implicit I/O."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import enip
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said


def message(command: int, body: bytes = b"", status: int = 0) -> bytes:
    return struct.pack("<HHII", command, len(body), 7, status) + b"context!" + bytes(4) + body


def carried(service: bytes, kind: int = 0xB2) -> bytes:
    address = struct.pack("<HH", 0, 0) if kind == 0xB2 else struct.pack("<HHI", 0xA1, 4, 5)
    return bytes(6) + b"\2\0" + address + struct.pack("<HH", kind, len(service)) + service


REGISTER = message(0x65, b"\1\0\0\0")
GET = b"\x0e\3\x20\1\x24\1\x30\7"


def test_session_and_services() -> None:
    wrapped = b"\x52\2\x20\6\x24\1\x0a\x05" + struct.pack("<H", 8) + b"\x4d\3\x91\4Tank" + b"\xc3\0"
    answer = message(0x6F, carried(b"\xcd\0\5\0"))
    seen = said(
        enip,
        (OUT, REGISTER),
        (OUT, message(0x6F, carried(GET)) + message(0x6F, carried(wrapped))),
        (IN, answer),
    )
    assert (seen[0].command, seen[0].session) == ("register-session", 7)
    assert (seen[1].service, seen[1].path) == ("get-attribute-single", "class 0x01 instance 1 attribute 7")
    assert (seen[2].service, seen[2].path, seen[2].write) == ("write-tag", "Tank", True)
    assert (seen[3].response, seen[3].status, seen[3].path, seen[3].latency) == (
        True,
        "path-unknown",
        "Tank",
        SECOND,
    )


def test_connected_messages_are_matched_by_their_number() -> None:
    asked = message(0x70, carried(b"\1\0" + GET, 0xB1)) + message(0x70, carried(b"\2\0" + GET, 0xB1))
    seen = said(enip, (OUT, asked), (IN, message(0x70, carried(b"\1\0\x8e\0\0\0", 0xB1))))
    assert (seen[2].status, seen[2].latency) == ("ok", SECOND)


def test_identity_of_a_device() -> None:
    item = b"\1\0" + bytes(16) + struct.pack("<HHHBBHI", 1, 14, 55, 20, 11, 0, 0xC0FFEE) + b"\x07Machine\3"
    told = b"\1\0" + struct.pack("<HH", 0x0C, len(item)) + item
    seen = said(enip, (OUT, message(0x63)), (IN, message(0x63, told)), transport="udp")
    assert (seen[1].product, seen[1].vendor, seen[1].device_type) == ("Machine", 1, 14)
    assert (seen[1].revision, seen[1].serial, seen[1].latency) == ("20.11", "00c0ffee", SECOND)


def test_implicit_data_is_told_once() -> None:
    data = b"\2\0\x02\x80\x08\0" + struct.pack("<II", 9, 1) + b"\xb1\0\4\0abcd"
    assert [one.connection for one in said(enip, (OUT, data), (OUT, data), transport="udp")] == [9]
    assert asks(enip, data, transport="udp", hinted=False) is Claim.YES


def test_claims() -> None:
    assert asks(enip, REGISTER, hinted=False) is Claim.YES
    assert asks(enip, message(0x6F, carried(GET)), hinted=False) is Claim.YES
    assert asks(enip, REGISTER[:9]) is Claim.MORE
    assert asks(enip, message(0x63), transport="udp") is Claim.YES
    assert asks(enip, message(0x63), transport="udp", hinted=False) is Claim.NO
    for wrong in (
        message(0x65, b"\2\0\0\0"),
        message(0x65, b"\1\0\0\0", 99),
        message(0x6F, bytes(40)),
        b"\x65\1",
    ):
        assert asks(enip, wrong) is Claim.NO


@pytest.mark.parametrize("wrong", [b"\x99" * 30, message(0x6F, b"abc")])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(enip, (OUT, REGISTER), (OUT, wrong))


def test_nop_before_the_session() -> None:
    assert asks(enip, message(0)[:4] + bytes(20) + REGISTER) is Claim.YES
    assert asks(enip, bytes(24)) is Claim.MORE
    assert asks(enip, bytes(48)) is Claim.NO
