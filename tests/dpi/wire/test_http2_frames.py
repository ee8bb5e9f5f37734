"""HTTP/2's frames and header blocks: pieces, padding, bombs."""

from __future__ import annotations

import pytest
from hpack import Encoder

from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire.http2_frames import (
    CONTINUATION,
    END_HEADERS,
    HEADERS,
    MAX_CONTINUATIONS,
    PADDED,
    PRIORITIZED,
    SETTINGS,
    Frame,
    Frames,
    settings,
)


def framed(kind: int, flags: int, payload: bytes, stream: int = 1) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def block(frames: Frames, payload: bytes, flags: int = END_HEADERS) -> dict[bytes, bytes]:
    whole = frames.headers(Frame(HEADERS, flags, 1, len(payload), payload))
    assert whole is not None
    return whole[1]


def test_frames_in_pieces_and_data_passed_over() -> None:
    frames = Frames()
    wire = framed(0, 1, b"x" * 100) + framed(SETTINGS, 0, b"")
    found = [frame for at in range(0, len(wire), 7) for frame in frames.next(wire[at : at + 7])]
    assert [(frame.kind, frame.size) for frame in found] == [(0, 100), (SETTINGS, 0)]
    (frame,) = frames.next(framed(0, 0, b"x" * 50)[:20])
    assert frame.size == 50
    assert frames.skip() == 39


def test_dynamic_table_is_kept_over_blocks() -> None:
    frames, encoder = Frames(), Encoder()
    fields = [(":method", "GET"), ("x-secret-name", "value")]
    first, second = encoder.encode(fields), encoder.encode(fields)
    assert len(second) < len(first)
    assert block(frames, first) == block(frames, second) == {b":method": b"GET", b"x-secret-name": b"value"}


def test_padding_priority_and_continuation() -> None:
    frames, part = Frames(), Encoder().encode([(":method", "GET"), (":path", "/long/path")])
    padded = b"\x02" + bytes(5) + part[:3] + bytes(2)
    assert frames.headers(Frame(HEADERS, PADDED | PRIORITIZED, 1, len(padded), padded)) is None
    assert frames.within
    whole = frames.headers(Frame(CONTINUATION, END_HEADERS, 1, len(part) - 3, part[3:]))
    assert whole is not None
    assert whole[1][b":path"] == b"/long/path"


def test_bomb_is_refused() -> None:
    frames = Frames()
    entry = b"\x40\x01a\x7f\xa1\x1e" + b"v" * 4000  # one field of 4000 bytes, kept as number 62
    with pytest.raises(ProtocolError, match="Oversized"):
        block(frames, entry + b"\xbe" * 10_000)


@pytest.mark.parametrize(
    "payload", [b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", b"\x80", b"\x40\x81\xff", b"\x7f"]
)
def test_blocks_that_are_none(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        block(Frames(), payload)


def test_endless_block_is_refused() -> None:
    frames = Frames()
    frames.headers(Frame(HEADERS, 0, 1, 1, b"\x82"))
    more = Frame(CONTINUATION, 0, 1, 100, b"\x82" * 100)
    for _ in range(MAX_CONTINUATIONS):
        assert frames.headers(more) is None
    with pytest.raises(ProtocolError, match="too long"):
        frames.headers(more)


def test_long_frame_and_odd_settings() -> None:
    with pytest.raises(ProtocolError):
        list(Frames().next(b"\xff\xff\xff\x01\x00\x00\x00\x00\x01"))
    with pytest.raises(ProtocolError):
        settings(b"\0\1\0")
    assert settings(b"\0\1\0\0\x10\0\0\3\0\0\0\x64") == {1: 4096, 3: 100}


def test_gap_outside_data_ends_the_side() -> None:
    frames = Frames()
    list(frames.next(framed(0, 0, b"x" * 50)[:20]))
    frames.lose(39)
    assert not frames.broken
    frames.lose(1)
    assert frames.broken
    assert list(frames.next(framed(SETTINGS, 0, b""))) == []
