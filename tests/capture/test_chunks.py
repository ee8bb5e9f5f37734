"""Buffers that frames point into are left alone for as long as was promised."""

from __future__ import annotations

import io

from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.capture.chunks import LEAST_READ, Chunks
from procwire.capture.lending import Buffer, Turns


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=60), st.integers(1, 100))
def test_all_bytes_arrive_in_order(takes: list[int], size: int) -> None:
    whole = bytes(n & 255 for n in range(sum(takes)))
    chunks = Chunks(io.BytesIO(whole).readinto, Turns(rows=1, lives=3), size=size)
    got = b""
    for take in takes:
        while chunks.end - chunks.start < take:
            assert chunks.fill(take)
        assert chunks.offset == len(got)
        got += chunks.data[chunks.start : chunks.start + take]
        chunks.start += take
        chunks.used = True
    assert got == whole
    assert not chunks.fill(1)


def test_a_buffer_is_left_alone_while_two_more_are_handed_out() -> None:
    chunks = Chunks(io.BytesIO(bytes(range(200))).readinto, Turns(rows=1, lives=3), size=20)
    handed: list[tuple[Buffer, bytes]] = []
    while chunks.fill(1):
        handed.append((chunks.data, bytes(chunks.data[chunks.start : chunks.end])))
        chunks.start, chunks.used = chunks.end, True
        for data, content in handed[-3:]:
            assert bytes(data[: len(content)]) == content
    assert len(handed) == 10


def test_a_giant_record_gets_room_and_gives_it_back() -> None:
    chunks = Chunks(io.BytesIO(bytes(5_000_000)).readinto, Turns(rows=1, lives=3), size=1 << 16)
    assert chunks.fill(1)
    while chunks.end - chunks.start < 2_000_000:
        assert chunks.fill(2_000_000)
    chunks.start, chunks.used = chunks.end, True
    for _ in range(4):
        assert chunks.fill(16)
        chunks.start, chunks.used = chunks.end, True
    assert len(chunks.data) <= (1 << 16) + LEAST_READ
