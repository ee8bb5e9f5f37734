"""Record data as text."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.dpi.wire.dns_message import Message
from procwire.dpi.wire.dns_names import TYPES
from procwire.dpi.wire.dns_rdata import edns_options, rdata
from tests.dpi.samples import labels

A = labels("a.org")


def text(kind: int, data: bytes) -> str:
    message = Message(b"\0" * 12 + data)
    return rdata(message, kind, 12, 12 + len(data))


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        (1, bytes([192, 0, 2, 1]), "192.0.2.1"),
        (1, b"\1\2\3", "\\# 3 010203"),
        (28, bytes(15) + b"\1", "::1"),
        (2, A, "a.org"),
        (15, b"\0\x0a" + A, "10 a.org"),
        (6, A + A + struct.pack("!5I", 1, 2, 3, 4, 5), "a.org a.org 1 2 3 4 5"),
        (16, b"\x03a\"b\x02\x00\\", '"a\\"b" "\\000\\\\"'),
        (33, struct.pack("!HHH", 1, 2, 443) + A, "1 2 443 a.org"),
        (257, b"\0\x05issueca.org", '0 issue "ca.org"'),
        (43, struct.pack("!HBB", 7, 8, 2) + b"\xab", "7 8 2 ab"),
        (48, struct.pack("!HBB", 257, 3, 13) + bytes(64), "257 3 13 (64 bytes)"),
        (46, struct.pack("!HBBIIIH", 1, 13, 2, 60, 9, 8, 7) + A + b"12", "A 13 2 60 9 8 7 a.org (2 bytes)"),
        (47, A + b"\0\1\x40", "a.org A"),
        (65, b"\0\1\0" + b"\0\1\0\3\2h2" + b"\0\3\0\2\1\xbb", "1 . alpn=h2 port=443"),
        (65280, b"\xde\xad", "\\# 2 dead"),
        (65280, b"", "\\# 0"),
    ],
)  # fmt: skip
def test_text(kind: int, data: bytes, expected: str) -> None:
    assert text(kind, data) == expected


@settings(max_examples=400, deadline=None)
@given(kind=st.sampled_from([*TYPES, 65280]), data=st.binary(max_size=80))
def test_never_raises_and_stays_printable(kind: int, data: bytes) -> None:
    assert text(kind, data).isprintable()


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=60))
def test_options_never_raise(data: bytes) -> None:
    assert set(edns_options(data)) <= {"client_subnet", "cookie", "extended_error"}


def test_client_subnets() -> None:
    assert edns_options(struct.pack("!HHHBB3s", 8, 7, 1, 24, 0, b"\xc0\0\2")) == {
        "client_subnet": "192.0.2.0/24"
    }
    six = struct.pack("!HHHBB4s", 8, 8, 2, 32, 0, b"\x20\x01\x0d\xb8")
    assert edns_options(six) == {"client_subnet": "2001:db8::/32"}
    assert edns_options(struct.pack("!HHHBB", 8, 4, 9, 1, 0)) == {"client_subnet": ""}
