"""Frames of a packet."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.decrypt import quic_frames
from procwire.decrypt.quic_frames import Frame, read

SKIPPED = [
    b"\x00" * 20, b"\x01", b"\x02\x05\x00\x01\x01\x00\x01", b"\x03\x05\x00\x00\x01\x01\x01\x01",
    b"\x05\x04\x00", b"\x07\x03abc", b"\x10\x40\x64", b"\x11\x04\x40\x64", b"\x12\x05", b"\x13\x05",
    b"\x14\x05", b"\x15\x04\x05", b"\x16\x01", b"\x17\x01", b"\x19\x01", b"\x1a" + b"p" * 8,
    b"\x1b" + b"p" * 8, b"\x1e", b"\x04\x04\x00\x05",
]  # fmt: skip


@pytest.mark.parametrize("skipped", SKIPPED)
def test_what_carries_nothing_is_passed_over(skipped: bytes) -> None:
    found = list(read(skipped + b"\x06\x00\x03abc" + skipped + b"\x0e\x04\x02\x02hi"))
    assert [one for one in found if one.kind != quic_frames.RESET_STREAM] == [
        Frame(quic_frames.CRYPTO, -1, 0, b"abc"), Frame(quic_frames.STREAM_FIRST, 4, 2, b"hi")
    ]  # fmt: skip


def test_streams_in_every_form() -> None:
    assert list(read(b"\x08\x04rest")) == [Frame(8, 4, 0, b"rest")]
    assert list(read(b"\x0d\x04\x05rest")) == [Frame(8, 4, 5, b"rest", True)]
    assert list(read(b"\x0b\x04\x02ok\x01\x09\x08")) == [
        Frame(8, 4, 0, b"ok", True),
        Frame(8, 8, 0, b"", True),
    ]


def test_others_with_content() -> None:
    assert next(iter(read(b"\x1c\x0a\x06\x03bad"))) == Frame(0x1C, -1, 10, b"bad")
    assert next(iter(read(b"\x1d\x0a\x03bad"))).data == b"bad"
    assert list(read(b"\x18\x01\x00\x04abcd" + b"t" * 16 + b"\x31\x02hi\x30end")) == [
        Frame(0x18, -1, 0, b"abcd"), Frame(0x30, -1, 0, b"hi"), Frame(0x30, -1, 0, b"end")
    ]  # fmt: skip


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end(data: bytes) -> None:
    assert sum(len(frame.data) for frame in read(data)) <= len(data) * 2


@pytest.mark.parametrize("whole", [b"\x06\x00\x43\xe8" + b"x" * 1000, b"\x0e\x04\x02\x03xyz", *SKIPPED[2:]])
def test_what_is_cut_ends_the_reading(whole: bytes) -> None:
    for size in range(1, len(whole)):
        assert all(len(frame.data) <= size for frame in read(whole[:size]))
