"""Search filters as text: RFC 4515, depth and size."""

from __future__ import annotations

import pytest

from procwire.dpi.wire.ber import DerError, whole
from procwire.dpi.wire.ldap_filter import written


def element(tag: int, value: bytes) -> bytes:
    size = len(value)
    return bytes([tag, size]) + value if size < 128 else bytes([tag, 0x83]) + size.to_bytes(3, "big") + value


def text(data: bytes) -> str:
    return written(*whole(data).next())


CN = element(4, b"cn")


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (element(0x87, b"objectClass"), "(objectClass=*)"),
        (element(0xA3, CN + element(4, b"Babs")), "(cn=Babs)"),
        (element(0xA2, element(0xA3, CN + element(4, b"T"))), "(!(cn=T))"),
        (element(0xA4, CN + element(0x30, element(0x80, b"a") + element(0x82, b"z"))), "(cn=a*z)"),
        (element(0xA4, CN + element(0x30, element(0x81, b"m"))), "(cn=*m*)"),
        (element(0xA5, CN + element(4, b"1")), "(cn>=1)"),
        (element(0xA9, b"xyz"), "(:0xa9:)"),
    ],
)
def test_forms(data: bytes, wanted: str) -> None:
    assert text(data) == wanted


def test_depth_and_size_are_bounded() -> None:
    deep = element(0x87, b"a")
    for _ in range(1000):
        deep = element(0xA2, deep)
    assert text(deep).count("!") == 16
    wide = element(0xA0, element(0x87, b"a") * 5000)
    assert len(text(wide)) < 1000


def test_broken() -> None:
    with pytest.raises(DerError):
        text(element(0xA3, b"\x04\x09cn"))
