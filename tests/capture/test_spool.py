from __future__ import annotations

import struct

import pytest

from procwire.capture.spool import INDEXES, LINKTYPE_RAW, TRIES, Spool
from procwire.model.frames import COUNTED, INBOUND, OUTBOUND, FrameBatch

SIZE = 4096
PAGE = 4096
BUSY, DISCARD = 1 << 31, 1 << 30


def record(
    data: bytes = b"", *, room: int = 64, ingress: int = 0, origin: int = 0, flags: int = 0, index: int = 3
) -> bytes:
    """A record with its ring header, of ``room`` bytes for data."""
    head = struct.pack("=QQIIIHBB", 9, 5000, len(data) + 7, len(data), index, 2, ingress, origin)
    return struct.pack("=II", 32 + room | flags, 0) + head + data.ljust(room, b"\0")


def spool_of(ring: bytes, at: int = 0, rows: int = 4) -> tuple[Spool, FrameBatch]:
    """A spool over a ring in which these bytes begin at a position."""
    twice = bytearray(2 * SIZE)
    for number, octet in enumerate(ring):
        twice[(at + number) % SIZE] = twice[(at + number) % SIZE + SIZE] = octet
    memory = bytes(PAGE) + bytes(twice)
    spool = Spool(memory, PAGE, SIZE)
    spool.begin(at)
    return spool, FrameBatch(memory, rows)


def test_a_record_is_a_row() -> None:
    spool, batch = spool_of(record(b"packet", ingress=1))
    spool.place(3, 8, head=14, loopback=False)
    spool.offset = 1_000_000
    assert spool.fill(batch, 104) == 104
    assert batch.count == 1
    assert batch.frame(0) == b"packet"
    assert (batch.wire[0], batch.captured[0], batch.segments[0]) == (27, 6, 2)
    assert (batch.time[0], batch.link[0], batch.interface[0]) == (1_005_000, LINKTYPE_RAW, 8)
    assert batch.flags[0] == INBOUND | COUNTED
    assert spool.filled_bytes == 6


def test_interfaces_are_told_apart_however_high_their_index() -> None:
    indexes = [1, 1 + INDEXES, 1 + 2 * INDEXES, INDEXES - 1, 7]
    spool, batch = spool_of(b"".join(record(index=index) for index in indexes), rows=len(indexes))
    for number, index in enumerate(indexes[:4], 1):
        spool.place(index, number, head=14, loopback=False)
    spool.fill(batch, SIZE)
    assert [batch.interface[row] for row in range(batch.count)] == [1, 2, 3, 4, 0]


def test_of_too_many_interfaces_in_one_place_the_last_is_known() -> None:
    indexes = [1 + n * INDEXES for n in range(TRIES + 1)]
    spool, batch = spool_of(record(index=indexes[0]) + record(index=indexes[-1]))
    for number, index in enumerate(indexes, 1):
        spool.place(index, number, head=14, loopback=False)
    spool.fill(batch, SIZE)
    assert [batch.interface[row] for row in range(batch.count)] == [0, TRIES + 1]


def test_marks_say_which_way_it_went_and_who_counts_it() -> None:
    spool, batch = spool_of(record() + record(origin=2))
    spool.fill(batch, 208)
    assert [batch.flags[row] for row in (0, 1)] == [OUTBOUND | COUNTED, OUTBOUND]
    spool, batch = spool_of(record())
    spool.place(3, 1, head=14, loopback=True)
    spool.fill(batch, 104)
    assert batch.flags[0] == INBOUND | OUTBOUND | COUNTED


def test_a_record_across_the_ring_s_end_is_whole() -> None:
    spool, batch = spool_of(record(b"around the corner"), at=SIZE - 48)
    spool.fill(batch, SIZE + 56)
    assert batch.frame(0) == b"around the corner"


def test_a_record_still_written_ends_the_run_and_one_thrown_away_is_passed_over() -> None:
    spool, batch = spool_of(
        record(b"1") + record(b"2", flags=DISCARD) + record(b"3", flags=BUSY) + record(b"4")
    )
    assert spool.fill(batch, 416) == 208
    assert [batch.frame(row) for row in range(batch.count)] == [b"1"]


def test_a_full_batch_stops_and_goes_on() -> None:
    spool, batch = spool_of(b"".join(record(bytes([number])) for number in range(6)))
    assert spool.fill(batch, 624) == 416
    batch.count = 0
    assert spool.fill(batch, 624) == 624
    assert [batch.frame(row) for row in range(batch.count)] == [b"\4", b"\5"]


@pytest.mark.parametrize("room", [3, SIZE * 2])
def test_a_length_that_cannot_be_is_counted_and_read_no_further(room: int) -> None:
    damaged = struct.pack("=II", room, 0) + bytes(40)
    spool, batch = spool_of(damaged)
    spool.fill(batch, 48)
    assert batch.count == 0
    assert spool.torn > 0


def test_more_data_than_its_record_has_room_for_is_torn() -> None:
    lying = bytearray(record(b"x"))
    lying[8 + 20 : 8 + 24] = struct.pack("=I", 65)
    spool, batch = spool_of(bytes(lying))
    spool.fill(batch, 104)
    assert (batch.count, spool.torn) == (0, 1)


def test_a_ring_has_its_shape() -> None:
    with pytest.raises(ValueError, match="power of two"):
        Spool(bytes(PAGE + 6000), PAGE, 3000)
    with pytest.raises(ValueError, match="power of two"):
        Spool(bytes(PAGE + SIZE), PAGE, SIZE)
