"""Checksums: the check values of the published catalogue (of the digits 1 to 9)."""

from __future__ import annotations

from procwire.dpi.wire import crc16


def test_check_values() -> None:
    assert crc16.dnp(b"123456789") == 0xEA82
    assert crc16.ccitt(b"123456789") == 0x29B1
