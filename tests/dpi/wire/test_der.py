"""DER elements and object identifiers, whole and broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.dpi.wire import der


def encode(tag: int, value: bytes) -> bytes:
    if len(value) < 128:
        return bytes([tag, len(value)]) + value
    size = (len(value).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(value).to_bytes(size, "big") + value


@given(st.integers(0, 30), st.binary(max_size=700))
def test_element_is_read_back(tag: int, value: bytes) -> None:
    data = encode(tag, value)
    found, start, stop = der.element(data, 0, len(data))
    assert (found, data[start:stop], stop) == (tag, value, len(data))


@pytest.mark.parametrize(
    "data", [b"", b"\x30", b"\x30\x02\x00", b"\x30\x80\x00\x00", b"\x30\x85" + b"\0" * 9, b"\x1f\x01\x00"]
)
def test_broken_element(data: bytes) -> None:
    with pytest.raises(der.DerError):
        der.element(data, 0, len(data))


def test_elements_in_a_row() -> None:
    data = encode(2, b"\1") + encode(4, b"ab")
    assert [tag for tag, _, _ in der.elements(data, 0, len(data))] == [2, 4]


def test_expect() -> None:
    with pytest.raises(der.DerError, match="belongs"):
        der.expect(b"\x02\x01\x00", 0, 3, der.SEQUENCE)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2a864886f70d01010b", "1.2.840.113549.1.1.11"),
        ("550403", "2.5.4.3"),
        ("2b6570", "1.3.101.112"),
        ("883703", "2.999.3"),
    ],
)
def test_dotted(value: str, text: str) -> None:
    assert der.dotted(bytes.fromhex(value)) == text


@pytest.mark.parametrize("value", [b"", b"\x55\x84", b"\x2a" * 65])
def test_broken_identifier(value: bytes) -> None:
    with pytest.raises(der.DerError):
        der.dotted(value)
