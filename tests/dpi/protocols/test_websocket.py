"""WebSocket: messages, control frames, hostile lengths."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ENOUGH, Claim, Context, ProtocolError
from procwire.dpi.protocols import websocket
from tests.dpi.hearing import IN, OUT, claimed, heard, listening, recited


def test_examples_of_the_rfc() -> None:
    seen = [(one.kind, one.size_bytes, one.frames, one.compressed) for one in recited(websocket, "rfc")]
    assert seen == [
        ("text", 5, 1, False), ("ping", 5, 1, False), ("pong", 5, 1, False), ("text", 5, 2, False),
        ("binary", 4, 1, False), ("text", 7, 1, True), ("close", 2, 1, False), ("close", 5, 1, False),
    ]  # fmt: skip


def test_pong_has_its_latency_and_close_its_reason() -> None:
    seen = recited(websocket, "rfc")
    assert seen[2].latency == 10
    assert [(one.code, one.reason) for one in seen[-2:]] == [(1000, "normal"), (1011, "oh!")]


def test_payload_is_skipped_but_for_its_last_byte() -> None:
    parser = listening(websocket)
    assert list(parser.feed(IN, b"\x82\x7f" + (1 << 40).to_bytes(8, "big"), now=1)) == []
    assert parser.skip(IN) == (1 << 40) - 1
    (seen,) = parser.feed(IN, b"x", now=9)
    assert (seen.size_bytes, seen.time) == (1 << 40, 9)


def test_gap_outside_a_payload_ends_that_side() -> None:
    parser = listening(websocket)
    list(parser.feed(IN, b"\x82\x05ab", now=1))
    assert [one.kind for one in parser.gap(IN, 3, now=2)] == ["binary"]
    list(parser.gap(IN, 3, now=3))
    assert parser.skip(IN) == ENOUGH


@pytest.mark.parametrize(
    "data",
    [
        b"\xb1\x00",  # a reserved bit
        b"\x83\x00",  # a reserved opcode
        b"\x89\x7e\x00\xff",  # a long ping
        b"\x09\x00",  # a ping in pieces
        b"\x80\x00",  # continues nothing
        b"\x01\x00\x01\x00",  # a message within a message
        b"\x82\x7f" + b"\xff" * 8,
    ],
)
def test_frames_that_are_none(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        heard(websocket, (IN, data))


def test_both_sides_may_not_mask() -> None:
    with pytest.raises(ProtocolError):
        heard(websocket, (OUT, b"\x81\x80\0\0\0\0"), (IN, b"\x81\x80\0\0\0\0"))


def test_is_claimed_only_where_announced() -> None:
    assert claimed(websocket, b"\x81\x05hello") == "no"
    told = Context(transport="tcp", announced="websocket")
    assert websocket.claims(b"\x81", OUT, told) is Claim.YES
    assert websocket.claims(b"G", OUT, told) is Claim.NO
