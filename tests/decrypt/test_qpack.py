"""QPACK within bounds: what a small block may unfold to."""

from __future__ import annotations

import pylsqpack
import pytest

from procwire.decrypt.qpack import BLOCKED_STREAMS, MAX_FIELDS, TABLE_CAPACITY, Qpack, field_lines


def encoded(fields: list[tuple[bytes, bytes]], capacity: int = 4096) -> tuple[bytes, bytes]:
    """Instructions and block; the second use of a field refers to the table."""
    encoder = pylsqpack.Encoder()
    start = encoder.apply_settings(max_table_capacity=capacity, blocked_streams=16)
    one, _ = encoder.encode(0, fields)
    two, block = encoder.encode(4, fields)
    return start + one + two, block


@pytest.mark.parametrize("count", [1, 2, 60, 300])
def test_fields_are_counted_without_unfolding(count: int) -> None:
    fields = [(b":method", b"GET"), *((b"x-%d" % number, b"v" * number) for number in range(count - 1))]
    for capacity in (0, 4096):
        _, block = encoded(fields, capacity)
        assert field_lines(block) == count


def test_a_block_is_unfolded() -> None:
    instructions, block = encoded([(b":path", b"/x"), (b"x-long", b"v" * 100)])
    qpack = Qpack()
    qpack.allow({TABLE_CAPACITY: 4096, BLOCKED_STREAMS: 16})
    qpack.instruct(instructions)
    assert qpack.fields(4, block) == {b":path": b"/x", b"x-long": b"v" * 100}


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    """60,000 references of a byte each to an entry of 4,000 bytes: 240 MB."""
    qpack = Qpack()
    qpack.allow({TABLE_CAPACITY: 4096, BLOCKED_STREAMS: 16})
    insert = b"\x3f\xe1\x1f" + b"\x4a" + b"x-long-one" + b"\x7f\xa1\x1e" + b"v" * 4000
    qpack.instruct(insert)
    assert not qpack.broken
    bomb = b"\x02\x00" + b"\x80" * 60_000
    assert field_lines(bomb) == MAX_FIELDS + 1
    assert qpack.fields(0, bomb) is None
    assert qpack.broken


@pytest.mark.parametrize("junk", [b"", b"\xff", b"\xff" * 30, b"\x00\x00\x27", b"\x00\x00\x5f\xff\xff"])
def test_junk_is_counted_no_further_than_it_goes(junk: bytes) -> None:
    assert field_lines(junk) <= 1
