"""Whole records and messages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.decrypt.records import Messages, Record, RecordStream


def record(body: bytes, kind: int = 23) -> bytes:
    return bytes([kind]) + b"\x03\x03" + len(body).to_bytes(2, "big") + body


BODIES = st.lists(st.binary(min_size=1, max_size=300), max_size=8)


@settings(deadline=None)
@given(BODIES, st.lists(st.integers(1, 200), min_size=1, max_size=20))
def test_chunks_do_not_matter(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(record(body) for body in bodies)
    reader, at = RecordStream(), 0
    found: list[Record] = []
    while at < len(stream):
        step = cuts[at % len(cuts)]
        found += reader.feed(stream[at : at + step])
        at += step
    assert [body for _, body in found] == bodies
    assert reader.lost == 0


def test_behind_a_gap_the_next_record_is_found() -> None:
    reader = RecordStream()
    assert len(reader.feed(record(b"a" * 50) + record(b"b" * 50)[:20])) == 1
    reader.gap()
    rest = record(b"noise \x17\x03\x09" * 20)[30:] + record(b"c" * 40) + record(b"d" * 40)
    bodies = [body for _, body in reader.feed(rest)]
    assert bodies[-2:] == [b"c" * 40, b"d" * 40]
    assert reader.lost > 0


def test_what_is_no_record_is_passed_over_in_linear_time() -> None:
    reader = RecordStream()
    for _ in range(200):
        assert reader.feed(b"\x03" * 1000) == []
    assert reader.held < 10
    assert reader.feed(record(b"x") + record(b"y"))[-1][1] == b"y"


@pytest.mark.parametrize("cut", range(0, 24, 3))
def test_messages(cut: int) -> None:
    stream = b"\x0b\x00\x00\x05hello" + b"\x14\x00\x00\x02ok" + b"\x18\x00"
    reader = Messages()
    found = reader.feed(stream[:cut]) + reader.feed(stream[cut:])
    assert found == [(11, b"hello"), (20, b"ok")]
    reader.clear()
    assert reader.feed(b"\x14\x00\x00\x00") == [(20, b"")]


def test_an_overlong_message_ends_what_is_held() -> None:
    reader = Messages()
    assert reader.feed(b"\x0b\xff\xff\xff" + bytes(100)) == []
    assert (reader.overlong, reader._buffer) == (1, b"")
