"""Integers out of bytes, as the uncompiled room reads them."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from procwire.packet import octets


@given(data=st.binary(min_size=9, max_size=20))
def test_as_int_from_bytes_has_it(data: bytes) -> None:
    for held in (data, memoryview(data)):
        cursor = SimpleNamespace(data=held)
        assert octets.be16(cursor, 1) == int.from_bytes(data[1:3], "big")
        assert octets.le16(cursor, 1) == int.from_bytes(data[1:3], "little")
        assert octets.be32(cursor, 1) == int.from_bytes(data[1:5], "big")
        assert octets.le32(cursor, 1) == int.from_bytes(data[1:5], "little")
        assert octets.be64(cursor, 1) == int.from_bytes(data[1:9], "big")
