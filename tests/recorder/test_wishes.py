"""Bounds in words: what they mean, and which are refused."""

from __future__ import annotations

import pytest

from procwire.recorder.wishes import HEADER_BYTES, Rotation, Track, WishError, rotation_of, track_of


@pytest.mark.parametrize(
    ("words", "track"),
    [
        ("", Track()),
        ("10m,1GB", Track(span_ns=600 * 10**9, size_bytes=10**9)),
        ("eth0:1h,headers", Track(interface="eth0", span_ns=3600 * 10**9, most=HEADER_BYTES)),
        ("eth0:1:5000p", Track(interface="eth0:1", packets=5000)),
    ],
)
def test_bounds_of_a_ring(words: str, track: Track) -> None:
    assert track_of(words) == track


@pytest.mark.parametrize("words", ["soon", "5m,6m", "0", "-5m", "0p", "eth0:5x"])
def test_what_bounds_nothing_is_refused(words: str) -> None:
    with pytest.raises(WishError):
        track_of(words)


def test_when_a_file_is_full() -> None:
    assert rotation_of("100MB,1h", 5) == Rotation(size_bytes=10**8, span_ns=3600 * 10**9, files=5)
    with pytest.raises(WishError):
        rotation_of("headers", 5)
