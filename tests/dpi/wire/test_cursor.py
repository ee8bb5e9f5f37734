"""Fields one after another."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.cursor import Cursor


def test_numbers_and_bytes() -> None:
    cursor = Cursor(b"\1\0\2\0\0\0\3ab\0\xff\xff\2xyrest")
    assert (cursor.u8(), cursor.u16(), cursor.u32(), cursor.until()) == (1, 2, 3, b"ab")
    assert (cursor.counted(2), cursor.prefixed(1), cursor.left, cursor.rest()) == (b"", b"xy", 4, b"rest")
    assert Cursor(b"\1\0", order="little").u16() == 1
    assert Cursor(b"\xfe").signed(1) == -2


@pytest.mark.parametrize(
    "read", [lambda c: c.u32(), lambda c: c.until(b"x"), lambda c: c.take(-1), lambda c: c.prefixed(1)]
)
def test_the_end_is_an_error(read: object) -> None:
    with pytest.raises(ProtocolError):
        read(Cursor(b"\7ab"))  # type: ignore[operator]
