"""BACnet/IP: announcements, properties, errors, passwords."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from procwire.dpi.contract import Claim, Direction
from procwire.dpi.protocols import bacnet
from tests.dpi.said import IN, OUT, SECOND, asks, refuses
from tests.dpi.said import said as said_over


def link(body: bytes, function: int = 10) -> bytes:
    return struct.pack("!BBH", 0x81, function, 4 + len(body)) + body


def said(*steps: tuple[Direction, bytes]) -> list[Any]:
    return said_over(bacnet, *steps, transport="udp")


def npdu(apdu: bytes, function: int = 10, control: bytes = b"\1\0") -> bytes:
    return link(control + apdu, function)


def object_of(kind: int, instance: int) -> bytes:
    return struct.pack("!I", kind << 22 | instance)


READ = npdu(b"\0\5\7\x0c\x0c" + object_of(2, 1) + b"\x19\x55", control=b"\1\4")


def test_property_and_its_answers() -> None:
    failed = npdu(b"\x50\7\x0c\x91\1\x91\x1f")
    asked, answer = said((OUT, READ), (IN, failed))
    assert (asked.service, asked.object, asked.property) == (
        "read-property",
        "analog-value,1",
        "present-value",
    )
    assert (answer.message, answer.error, answer.latency) == ("error", "class 1 unknown-object", SECOND)
    _, refused = said((OUT, READ), (IN, npdu(b"\x60\7\x09")))
    assert (refused.error, refused.service) == ("reject reason 9", "read-property")


def test_announcement_behind_a_router() -> None:
    announced = b"\x10\0\xc4" + object_of(8, 77) + b"\x22\5\xc4\x91\3\x22\3\xe7"
    (seen,) = said((OUT, npdu(announced, 11, b"\1\x28\xff\xff\0\0\5\1\x09\xff")))
    assert (seen.service, seen.device, seen.vendor) == ("i-am", 77, 999)


def test_password_is_reported_and_not_kept() -> None:
    (seen,) = said((OUT, npdu(b"\0\5\1\x14\x09\0\x1d\5\0hush")))
    assert (seen.service, seen.credentials, seen.write) == ("reinitialize-device", True, True)
    assert "hush" not in repr(seen)


def test_link_and_network_messages() -> None:
    seen = said(
        (OUT, link(b"\0\x3c", 5)), (OUT, link(b"\1\x80\0")), (OUT, link(b"\x0a\0\0\1\xba\xc0\1\0\x10\x08", 4))
    )
    assert [(one.message, one.function or one.service) for one in seen] == [
        ("link", "register-foreign-device"), ("network", "who-is-router"), ("unconfirmed",
        "who-is")]  # fmt: skip


def test_claims() -> None:
    assert asks(bacnet, READ, transport="udp", hinted=False) is Claim.YES
    for wrong in (READ + b"x", b"\x81\x0a\0\4", link(b"\2\0ab"), link(b"", 99), link(b"\0\x3c", 5)):
        assert asks(bacnet, wrong, transport="udp", hinted=False) is Claim.NO


@pytest.mark.parametrize("wrong", [READ[:-1], npdu(b"\xf0\1"), npdu(b"\0\5")])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(bacnet, (OUT, wrong), transport="udp")
