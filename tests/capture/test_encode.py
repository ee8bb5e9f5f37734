"""Blocks and records fit the room they are given, and refuse rows that are not there."""

from __future__ import annotations

from array import array
from typing import Any

import pytest

from procwire.capture.encode import PACKET_BYTES, RECORD_BYTES, put_packets, put_records, put_stamped, run_end
from procwire.model.frames import batch_of


@pytest.mark.parametrize("size", range(9))
def test_the_room_a_packet_needs_is_enough(size: int) -> None:
    batch = batch_of([bytes(size)] * 2)
    batch.flags[0] = 1
    room = bytearray(PACKET_BYTES + size + 3)
    row, used = put_packets(room, batch, 0, 2, 0)
    assert (row, used) == (1, 44 + (size + 3 & ~3))
    assert int.from_bytes(room[4:8], "little") == used


def test_without_room_nothing_is_written() -> None:
    batch = batch_of([bytes(60)])
    room = bytearray(70)
    assert put_packets(room, batch, 0, 1, 0) == (0, 0)
    assert put_records(room, batch, 0, 1) == (0, 0)
    assert room == bytes(70)


def test_a_run_ends_where_interface_or_link_change() -> None:
    batch = batch_of([b"a", b"b", b"c"])
    batch.interface[1] = 4
    batch.link[2] = 101
    room = bytearray(900)
    assert put_packets(room, batch, 0, 3, 0)[0] == 1
    assert put_packets(room, batch, 1, 3, 0)[0] == 2
    assert put_records(room, batch, 0, 3)[0] == 2


@pytest.mark.parametrize(("row", "until"), [(-1, 1), (0, 3)])
def test_rows_that_are_not_there(row: int, until: int) -> None:
    with pytest.raises(IndexError):
        put_packets(bytearray(900), batch_of([b"a", b"b"]), row, until, 0)
    with pytest.raises(IndexError):
        put_records(bytearray(900), batch_of([b"a", b"b"]), row, until)


@pytest.mark.parametrize("put", [put_packets, put_records])
def test_a_tag_that_was_taken_out_is_put_back(put: Any) -> None:
    batch = batch_of([bytes(range(60)), bytes(range(60)), bytes(8)])
    batch.vlan[1] = batch.vlan[2] = 0x88A8_6007
    batch.wire[1] = 64
    room = bytearray(900)
    rows = (room, batch, 0, 3)
    row, used = put(*rows, 0) if put is put_packets else put(*rows)
    assert row == 3
    assert bytes(range(12)) + bytes.fromhex("88a86007") + bytes(range(12, 60)) in bytes(room[:used])
    assert room[:used].count(bytes.fromhex("88a86007")) == 1  # too short a frame has no place for it


@pytest.mark.parametrize("size", range(12, 20))
def test_the_room_a_tagged_packet_needs_is_enough(size: int) -> None:
    batch = batch_of([bytes(size)])
    batch.flags[0] = 1
    batch.vlan[0] = 0x8100_0001
    assert put_packets(bytearray(PACKET_BYTES + size + 3), batch, 0, 1, 0)[0] == 1
    assert put_records(bytearray(RECORD_BYTES + size), batch, 0, 1)[0] == 1


def test_what_stays_on_the_host_has_no_direction_in_a_file() -> None:
    """Both bits set have no meaning there (pcapng, epb_flags)."""
    batch = batch_of([bytes(60)] * 3)
    batch.flags[0], batch.flags[1], batch.flags[2] = 3, 1, 7
    sizes = [put_packets(bytearray(900), batch, row, row + 1, 0)[1] for row in range(3)]
    assert sizes == [92, 104, 104]


def test_frames_are_cut_where_that_is_asked_for() -> None:
    batch = batch_of([bytes(range(60))])
    room = bytearray(200)
    _, used = put_packets(room, batch, 0, 1, 0, 20)
    assert used == 32 + 20
    assert bytes(room[28:48]) == bytes(range(20))
    assert (int.from_bytes(room[20:24], "little"), int.from_bytes(room[24:28], "little")) == (20, 60)


def test_a_run_is_measured() -> None:
    batch = batch_of([b"a", b"b", b"c"])
    batch.interface[2] = 1
    assert (run_end(batch, 0, 3), run_end(batch, 0, 1), run_end(batch, 2, 3)) == (2, 1, 3)
    with pytest.raises(IndexError):
        run_end(batch, 3, 3)


def test_stamps_stand_behind_packets_and_a_flow_s_remark_once() -> None:
    batch = batch_of([b"abc", b"defg", b"h"])
    batch.flags[1] = 1
    text = b"\1\0\2\0hi\0\0" + b"\x02\0\1\0A\0\0\0" + b"\x02\0\1\0B\0\0\0"
    stamps = (array("q", [1, -1, 0]), array("q", [0, 0, 0, 0, 0, 8, 16, 24]), text)
    room = bytearray(500)
    row, used = put_stamped(room, batch, 0, 3, 5, stamps)
    assert row == 3
    assert stamps[1].tolist() == [0, 0, 0, 0, 8, 8, 16, 24]
    lengths = []
    at = 0
    while at < used:
        size = int.from_bytes(room[at + 4 : at + 8], "little")
        assert room[at + 4 : at + 8] == room[at + size - 4 : at + size]
        assert room[at + 8] == 5
        lengths.append(size)
        at += size
    assert lengths == [32 + 4 + 8 + 8 + 4, 32 + 4 + 8 + 8 + 4, 32 + 4]
    assert [room[:used].count(word) for word in (b"hi", b"A\0\0\0", b"B\0\0\0")] == [1, 1, 1]
    assert put_stamped(bytearray(60), batch, 0, 3, 5, stamps) == (0, 0)


@pytest.mark.parametrize("size", [0, 1, 500, 1_000, 9_000])
def test_a_room_that_is_not_read_soon_gets_the_same_bytes(size: int) -> None:
    frames = [bytes(number % 251 for number in range(shift, shift + size)) for shift in range(70)]
    batch = batch_of(frames)
    batch.vlan[3] = 0x8100_0005
    rooms = [bytearray(70 * (PACKET_BYTES + size + 3)) for _ in range(2)]
    ends = [put_packets(room, batch, 0, 70, 0, most) for room, most in zip(rooms, (0, 1 << 30), strict=True)]
    assert ends[0] == ends[1]
    assert ends[0][0] == 70
    assert rooms[0] == rooms[1]


def test_a_flow_that_is_not_known_has_no_stamps() -> None:
    room = bytearray(200)
    assert put_stamped(room, batch_of([b"a"]), 0, 1, 0, (array("q", [-9]), array("q"), b"")) == (1, 36)
