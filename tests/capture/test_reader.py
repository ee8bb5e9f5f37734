"""Damage: everything before it, its place, and how reading goes on when asked to."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.capture.reader import Reader
from procwire.capture.roster import Roster
from procwire.capture.source import CaptureError, Counts
from tests.capture import crafted
from tests.capture.crafted import pcap_header, read, record, write

MAKERS = {"pcap": crafted.pcap, "pcapng": crafted.pcapng}
EACH = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def ends(data: bytes, make: str) -> list[int]:
    """Where each record of a file made by ``crafted`` ends, the headers first."""
    at = [24 if make == "pcap" else 48]
    while at[-1] < len(data):
        start = at[-1]
        size = 16 + int.from_bytes(data[start + 8 : start + 12], "little")
        at.append(start + (size if make == "pcap" else int.from_bytes(data[start + 4 : start + 8], "little")))
    return at


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("lenient", [False, True])
def test_a_file_cut_anywhere_gives_all_whole_frames(tmp_path: Path, make: str, lenient: bool) -> None:
    data = MAKERS[make](3)
    stops = ends(data, make)
    for cut in range(1, len(data) + 1):
        found, error, source = read(write(tmp_path / "x", data[:cut]), lenient=lenient)
        assert len(found) == max(0, sum(stop <= cut for stop in stops) - 1)
        whole = cut in stops or (make == "pcapng" and cut == 28)
        in_header = cut < 24 if make == "pcap" else cut < 28
        assert (error is None) is (whole or (lenient and not in_header)), cut
        if error and not in_header:
            known = stops if make == "pcap" else [28, *stops]
            assert error.offset == max(stop for stop in known if stop <= cut)
            assert "before the record does" in error.reason
        if not whole and not in_header:
            assert source.counts.damaged == 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"#!/bin/sh\nexit 0\nexit 0\n", "not a capture file (it starts with 23 21 2f 62 69 6e 2f 73)"),
        (b"\xd4", "not a capture file (it starts with d4)"),
        (pcap_header()[:23], "the file ends within its header"),
        (gzip.compress(b""), "the file is empty"),
        (gzip.compress(gzip.compress(crafted.pcap())), "not a capture file (it starts with 1f 8b 08 00"),
    ],
)
@pytest.mark.parametrize("lenient", [False, True])
def test_what_is_no_capture_is_refused(tmp_path: Path, data: bytes, reason: str, lenient: bool) -> None:
    found, error, _ = read(write(tmp_path / "x", data), lenient=lenient)
    assert found == []
    assert error is not None
    assert error.reason.startswith(reason)
    assert "\n" not in str(error)


@EACH
def test_only_a_header_is_no_frames_and_no_error(tmp_path: Path, make: object) -> None:
    found, error, source = read(write(tmp_path / "x", make(0)))  # type: ignore[operator]
    assert (found, error, source.counts) == ([], None, Counts())


@pytest.mark.parametrize("make", MAKERS)
def test_lenient_goes_on_behind_the_damage(tmp_path: Path, make: str) -> None:
    data = bytearray(MAKERS[make](50))
    stops = ends(bytes(data), make)
    for n in (10, 30):
        data[stops[n] : stops[n] + 16] = b"\xff" * 16
    del data[stops[40] + 20 : stops[40] + 51]
    whole = [row[4] for row in read(write(tmp_path / "whole", MAKERS[make](50)))[0]]
    found, error, source = read(write(tmp_path / "x", bytes(data)), lenient=True)
    got = [row[4] for row in found]
    gone = [frame for frame in whole if frame not in got]
    # A pcap record that lost bytes swallows the next one's start: it has no length at its end to tell.
    assert error is None
    assert len(gone) == (4 if make == "pcap" else 3)
    assert source.counts.damaged == 3
    assert source.counts.skipped_bytes >= stops[11] - stops[10] + stops[31] - stops[30]
    strict, error, _ = read(write(tmp_path / "x", bytes(data)))
    assert error is not None
    assert (len(strict), error.offset) == (10, stops[10])


def test_lenient_is_not_lured_by_a_capture_inside_a_frame(tmp_path: Path) -> None:
    lure = record(900_000_000, 1, b"lure" * 5) * 3
    data = pcap_header() + record(1_700_000_000, 1, b"good")
    data += b"\xff" * 16 + lure + bytes(64) + record(1_700_000_001, 1, b"after")
    found, error, source = read(write(tmp_path / "x", data), lenient=True)
    assert ([row[4] for row in found], error) == ([b"good", b"after"], None)
    assert source.counts.skipped_bytes == 16 + len(lure) + 64


def test_lenient_reads_what_compressed_data_still_gives(tmp_path: Path) -> None:
    packed = gzip.compress(crafted.pcap(2000))
    found, error, source = read(write(tmp_path / "x", packed[: len(packed) // 2]), lenient=True)
    assert error is None
    assert len(found) > 100
    assert source.counts.damaged == 1


def test_damage_in_compressed_data_is_placed_in_the_data_inside(tmp_path: Path) -> None:
    data = crafted.pcap(2000)
    packed = gzip.compress(data)
    found, error, _ = read(write(tmp_path / "x", packed[: len(packed) // 2]))
    assert error is not None
    size = 24 + sum(16 + len(row[4]) for row in found)
    assert size <= (error.offset or 0) < size + 16 + 60 + 2000
    assert str(error).endswith("of the uncompressed data: the gzip data ends early")


def test_giant_records_cross_chunks(tmp_path: Path) -> None:
    draw = random.Random(5)
    frames = [draw.randbytes(size) for size in (60, 3_000_000, 60, 1_048_560, 1 << 20, 60, 2_000_000)]
    data = pcap_header(snaplen=4 << 20) + b"".join(record(1, 2, frame) for frame in frames)
    found, error, _ = read(write(tmp_path / "x", data))
    assert ([row[4] for row in found], error) == (frames, None)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(list(MAKERS)),
    st.integers(0, 2000),
    st.binary(min_size=1, max_size=30),
    st.integers(50, 400),
    st.integers(1, 9),
)
def test_small_buffers_make_no_difference(
    tmp_path_factory: pytest.TempPathFactory, make: str, at: int, junk: bytes, chunk: int, rows: int
) -> None:
    data = bytearray(MAKERS[make](20))
    at = 60 + at % (len(data) - 60)
    data[at : at + len(junk)] = junk
    path = write(tmp_path_factory.mktemp("x") / "x", bytes(data))

    def frames(**size: int) -> tuple[list[tuple[int, bytes]], Counts]:
        reader = Reader(str(path), Roster(), lenient=True)
        found = [
            (batch.time[n], batch.frame(n)) for batch in reader.batches(**size) for n in range(batch.count)
        ]
        total = Counts()
        reader.add_counts(total)
        reader.close()
        return found, total

    assert frames(chunk=chunk, rows=rows) == frames()


def test_batches_stay_valid_while_two_more_are_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "x", crafted.pcap(900))
    reader = Reader(str(path), Roster())
    held: list[tuple[object, list[bytes]]] = []
    for batch in reader.batches(chunk=4096, rows=7):
        held.append((batch, [batch.frame(n) for n in range(batch.count)]))
        for old, frames in held[-3:]:
            assert [old.frame(n) for n in range(old.count)] == frames  # type: ignore[attr-defined]
    assert len(held) > 100


def test_a_file_that_vanished_is_an_error_of_one_line(tmp_path: Path) -> None:
    reader = Reader(str(tmp_path / "gone"), Roster())
    with pytest.raises(CaptureError, match="no such file"):
        next(reader.batches())


def test_a_held_file_is_read_after_its_name_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap_header() + record(1, 0, b"x" * 60) * 3)
    reader = Reader(str(path), Roster())
    reader.hold()
    path.unlink()
    assert sum(batch.count for batch in reader.batches()) == 3
