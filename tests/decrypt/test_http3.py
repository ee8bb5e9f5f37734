"""HTTP/3 out of streams, as aioquic writes them."""

from __future__ import annotations

import os

import pylsqpack
import pytest

from procwire.decrypt.http3 import Http3, settings
from procwire.dpi.wire.http3_records import Http3Request, Http3Response

ASKED = [(b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"h3.example:443"),
         (b":path", b"/a?token=x"),
         (b"user-agent", b"tester/1"), (b"authorization", b"Bearer secret")]  # fmt: skip
ANSWERED = [(b":status", b"200"), (b"server", b"quick"), (b"content-length", b"70000")]


def varint(value: int) -> bytes:
    return bytes([value]) if value < 64 else (0x80000000 | value).to_bytes(4, "big")


def frame(kind: int, body: bytes) -> bytes:
    return varint(kind) + varint(len(body)) + body


def given(capacity: int) -> bytes:
    return varint(0) + frame(4, varint(1) + varint(capacity) + varint(7) + varint(16))


def test_an_exchange_in_any_chunks() -> None:
    for step in (1, 3, 1000):
        one, client, server = Http3(0), pylsqpack.Encoder(), pylsqpack.Encoder()
        _, head = client.encode(0, ASKED)
        _, answer = server.encode(0, ANSWERED)
        found = one.feed(0, 2, given(0), 1) + one.feed(1, 3, given(0), 1)
        asked = frame(0x21, b"grease") + frame(1, head) + frame(0, b"body")
        body = frame(1, answer) + frame(0, os.urandom(70_000)) + frame(1, answer)
        for side, data in ((0, asked), (1, body)):
            for at in range(0, len(data), step):
                found += one.feed(side, 0, data[at : at + step], 5 + side)
        requests = [seen for seen in found if isinstance(seen, Http3Request)]
        responses = [seen for seen in found if isinstance(seen, Http3Response)]
        assert [(seen.method, seen.host, seen.path, seen.authorization) for seen in requests] == [
            ("GET", "h3.example", "/a?token=***", "Bearer")
        ]
        assert [(seen.status, seen.server, seen.path, seen.latency) for seen in responses] == [
            (200, "quick", "/a?token=***", 1)
        ] * 2


def test_a_dynamic_table_and_a_block_that_waits() -> None:
    one, client = Http3(0), pylsqpack.Encoder()
    one.feed(1, 3, given(4096), 1)
    start = client.apply_settings(4096, 16)
    blocks = []
    for stream in (0, 4, 8):
        more, head = client.encode(stream, ASKED)
        start += more
        blocks.append((stream, head))
    found = [seen for stream, head in blocks for seen in one.feed(0, stream, frame(1, head), 2)]
    waited = one.feed(0, 6, varint(2) + start, 3)
    assert len(found) + len(waited) == 3
    assert waited
    assert {seen.path for seen in found + waited if isinstance(seen, Http3Request)} == {"/a?token=***"}


@pytest.mark.parametrize(
    "junk", [b"\xff" * 300, b"\x01\x05\xff\xff\xff\xff\xff", b"\x04\x02\x40\x40", bytes(500)]
)
def test_junk_ends_one_side_only(junk: bytes) -> None:
    one = Http3(0)
    for stream in (0, 2, 4, 6, 10):
        one.feed(0, stream, junk, 1)
    _, answer = pylsqpack.Encoder().encode(0, ANSWERED)
    found = one.feed(1, 0, frame(1, answer), 2)
    assert isinstance(found[0], Http3Response)


def test_a_bomb_of_table_entries_is_bounded() -> None:
    one = Http3(0)
    one.feed(1, 3, given(1 << 29), 1)
    assert one._qpack[0]._capacity == 1 << 16


def test_a_gap_in_a_stream_leaves_the_others() -> None:
    one, client = Http3(0), pylsqpack.Encoder()
    _, head = client.encode(0, ASKED)
    one.feed(0, 0, frame(1, head)[:5], 1)
    one.gap(0, 0)
    assert one.feed(0, 0, frame(1, head), 2) == []
    assert len(one.feed(0, 4, frame(1, head), 3)) == 1


def test_settings_as_far_as_they_parse() -> None:
    assert settings(b"\x01\x40\x64\x07\x10\x06") == {1: 100, 7: 16}
