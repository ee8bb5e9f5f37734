"""QUIC packets from outside: varints, long headers, parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.dpi.wire import quic_packet
from procwire.dpi.wire._quic_names import V2, is_grease, version_name
from procwire.dpi.wire.quic_packet import read_long, varint


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("25", 37),
        ("4025", 37),
        ("7bbd", 15293),
        ("9d7f3e7d", 494878333),
        ("c2197c5eff14e88c", 151288809941952652),
    ],
)
def test_rfc9000_varints(data: str, value: int) -> None:  # RFC 9000 appendix A.1
    raw = bytes.fromhex(data)
    assert varint(raw, 0) == (value, len(raw))
    assert varint(raw[:-1], 0)[0] == -1


def test_long_header() -> None:
    data = b"\xc3\0\0\0\1\2DD\3SSS\1T\x40\x20" + b"p" * 32 + b"rest"
    packet = read_long(data, 0)
    assert packet is not None
    assert (packet.kind, packet.version, packet.dcid, packet.scid) == (quic_packet.INITIAL, 1, b"DD", b"SSS")
    assert packet.token == b"T"
    assert data[packet.payload : packet.end] == b"p" * 32
    for end in range(len(data) - 4):
        assert read_long(data[:end], 0) is None


@pytest.mark.parametrize(
    ("first", "version", "kind"),
    [
        (0xC0, 1, 0),
        (0xD0, 1, 1),
        (0xE0, 1, 2),
        (0xF0, 1, 3),
        (0xD0, V2, 0),
        (0xE0, V2, 1),
        (0xF0, V2, 2),
        (0xC0, V2, 3),
    ],
)
def test_types_are_rotated_in_version_2(first: int, version: int, kind: int) -> None:
    body = b"\0" if kind == quic_packet.INITIAL else b""
    data = bytes([first]) + version.to_bytes(4, "big") + b"\0\0" + body + b"\x40\x20" + b"p" * 32
    packet = read_long(data, 0)
    assert packet is not None
    assert packet.kind == kind


@given(st.binary(max_size=80), st.integers(0, 5))
def test_junk(data: bytes, start: int) -> None:
    for head in (b"", b"\xc0\0\0\0\1", b"\xc0\x6b\x33\x43\xcf", b"\xc0\0\0\0\0"):
        packet = read_long(head + data, start)
        assert packet is None or start < packet.payload <= packet.end <= len(head + data)
    assert len(quic_packet.parameters(data)) <= len(data)
    assert quic_packet.google_tags(b"CHLO" + data) is not None
    assert quic_packet.google_version(data) >= 0


def test_parameters() -> None:
    body = b"\1\2\x47\xd0" + b"\3\2\x45\xac" + b"\1\1\0" + b"\4\x40"
    assert quic_packet.parameters(body) == {1: b"\x47\xd0", 3: b"\x45\xac"}


def test_version_names() -> None:
    names = [version_name(number) for number in (1, V2, 0xFF00001D, 0x51303433, 0x54303531, 0x12345678)]
    assert names == ["1", "2", "draft-29", "Q043", "T051", "0x12345678"]
    assert is_grease(0x1A2A3A4A)
