"""The cursor over BER: bounded, and never beyond the element it is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.dpi.wire.ber import Cursor, DerError, header, whole


def test_header() -> None:
    assert header(b"\x30") == 0
    assert header(b"\x30\x05") == 7
    assert header(b"\x30\x82\x01") == 0
    assert header(b"\x30\x82\x01\x00") == 260
    for broken in (b"\x1f\x01", b"\x30\x80", b"\x30\x85\0\0\0\0\0"):
        with pytest.raises(DerError):
            header(broken)


def test_cursor_steps() -> None:
    message = whole(b"\x30\x0b\x02\x01\x05\x04\x02hi\x0a\x02\xff\xfe")
    inner = message.into(0x30)
    assert (message.tag, inner.tag) == (-1, 2)
    assert (inner.integer(), inner.octets(), inner.optional(5), inner.integer(10)) == (5, b"hi", None, -2)
    assert inner.tag == -1
    assert whole(b"\x06\x03\x2b\x06\x01").next()[1].oid == "1.3.6.1"


@pytest.mark.parametrize(
    "data", [b"", b"\x30", b"\x04\x01a", b"\x30\x05\x02\x09", b"\x02\0", b"\x02\x0b" + bytes(11)]
)
def test_broken(data: bytes) -> None:
    with pytest.raises(DerError):
        whole(data).integer()


@given(st.binary(max_size=200))
def test_nothing_else_escapes(data: bytes) -> None:
    cursor: Cursor = whole(data)
    steps = 0
    try:
        while cursor.tag != -1:
            cursor.next()
            steps += 1
    except DerError:
        steps += 1
    assert steps <= 200
