"""LLDP: its fields, and frames that are cut."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.protocols.lldp import Parser, claims

CONTEXT = Context(transport="lldp")


def field(kind: int, value: bytes) -> bytes:
    return (kind << 9 | len(value)).to_bytes(2, "big") + value


FIRST = field(1, b"\x04" + bytes.fromhex("020000000001")) + field(2, b"\x05eth7") + field(3, b"\x00\x78")
MORE = (
    field(5, b"switch") + field(7, b"\x00\x14\x00\x04")
    + field(8, b"\x05\x01\xc0\x00\x02\x01\x02\x00\x00\x00\x07\x00")
    + field(127, b"\x00\x80\xc2\x01\x00\x2a") + field(127, b"\x00\x12\x0f\x04\x05\xee")
)  # fmt: skip


def one(data: bytes) -> Any:
    (seen,) = Parser(CONTEXT).feed(Direction.OUT, data, now=1)
    return seen


def test_fields() -> None:
    seen = one(FIRST + MORE + field(0, b"") + bytes(20))
    assert (seen.chassis, seen.port, seen.lifetime) == ("02:00:00:00:00:01", "eth7", 120 * 10**9)
    assert (seen.system_name, seen.abilities, seen.enabled) == ("switch", ("bridge", "router"), ("bridge",))
    assert (seen.management, seen.vlan, seen.frame_bytes) == (("192.0.2.1",), 42, 1518)
    assert seen.faults == ()


def test_frame_without_an_end_is_a_fault() -> None:
    assert one(FIRST).faults == ("no-end",)
    assert one(FIRST + MORE[:-3]).faults == ("incomplete",)


def test_order_is_required() -> None:
    assert claims(FIRST, Direction.OUT, CONTEXT) is Claim.YES
    assert claims(FIRST[9:], Direction.OUT, CONTEXT) is Claim.NO
    assert claims(FIRST, Direction.OUT, Context(transport="udp")) is Claim.NO
    with pytest.raises(ProtocolError):
        one(FIRST[9:])
