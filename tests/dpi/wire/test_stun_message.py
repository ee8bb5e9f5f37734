"""STUN messages: RFC 5769's vectors, old ones, bad ones."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.stun_message import CLASSES, METHODS, PEER, XOR_MAPPED, read
from tests.dpi.samples import dialogues


def test_addresses_of_the_rfcs_vectors() -> None:
    (steps,) = [one.steps for one in dialogues("stun") if one.name == "rfc5769"]
    asked, answered = read(steps[0][1]), read(steps[1][1])
    assert asked is not None
    assert answered is not None
    assert (METHODS[asked.method], CLASSES[asked.kind], CLASSES[answered.kind]) == (
        "binding",
        "request",
        "success",
    )
    assert answered.address(XOR_MAPPED) == "192.0.2.1:32853"
    assert asked.address(PEER) == ""


def test_address_of_version_6() -> None:
    # RFC 5769 section 2.3
    value = bytes.fromhex("0002a1470113a9faa5d3f179bc25f4b5bed2b9d9")
    data = bytes.fromhex("010100182112a442b7e7a701bc34d686fa87dfae") + b"\0\x20\0\x14" + value
    found = read(data)
    assert found is not None
    assert found.address(XOR_MAPPED) == "[2001:db8:1234:5678:11:2233:4455:6677]:32853"


def test_without_a_cookie_every_attribute_must_be_known() -> None:
    head = b"\0\1\0\x08" + bytes(16)
    assert read(head + b"\0\3\0\4\0\0\0\0") is not None
    assert read(head + b"\x77\3\0\4\0\0\0\0") is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\1\0\0\x21\x12\xa4\x42" + bytes(11),
        b"\0\1\0\4\x21\x12\xa4\x42" + bytes(12) + b"\0\6\0\5",
        b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12) + b"more",
        b"\x40\1\0\0\x21\x12\xa4\x42" + bytes(12),
        b"\0\5\0\0\x21\x12\xa4\x42" + bytes(12),
    ],
)
def test_what_is_none(data: bytes) -> None:
    assert read(data) is None
