"""Neighbour discovery: options, flags, and what is broken."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Direction
from procwire.dpi.wire.ndp_message import options, read

TARGET = bytes.fromhex("20010db8000000000000000000000009")


def test_advertisement() -> None:
    data = bytes.fromhex("88000000e0000000") + TARGET + bytes.fromhex("0201020000000009")
    seen = read(Direction.OUT, data, 1)
    assert (seen.message, seen.target, seen.link_target) == (
        "neighbour-advertisement", "2001:db8::9", "02:00:00:00:00:09",
    )  # fmt: skip
    assert seen.flags == ("router", "solicited", "override")


def test_redirect() -> None:
    seen = read(Direction.OUT, bytes.fromhex("8900000000000000") + TARGET + TARGET, 1)
    assert (seen.message, seen.target, seen.destination) == ("redirect", "2001:db8::9", "2001:db8::9")


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (bytes.fromhex("8700000000000000"), "incomplete"),
        (bytes.fromhex("8700000000000000") + TARGET + b"\x01\x00" + bytes(6), "bad-option"),
        (bytes.fromhex("8700000000000000") + TARGET + b"\x01\x09" + bytes(6), "bad-option"),
    ],
)
def test_what_is_broken_is_a_fault(data: bytes, fault: str) -> None:
    seen = read(Direction.OUT, data, 1)
    assert seen.faults == (fault,)


def test_options_end_at_the_first_broken_one() -> None:
    found: dict[str, Any] = {}
    assert [kind for kind, _ in options(b"\x05\x01" + bytes(6) + b"\x01\x00", found)] == [5]
    assert found == {"faults": ("bad-option",)}
