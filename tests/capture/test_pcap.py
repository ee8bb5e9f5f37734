"""pcap: every header libpcap reads, lengths and times as the file says, refusals by name."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.capture import pcap
from procwire.capture.files import open_files
from procwire.capture.pcap import DAMAGED, FULL, MORE, PcapWalk
from procwire.capture.roster import Roster
from procwire.capture.source import CaptureError
from procwire.model.frames import FrameBatch
from tests.capture import crafted
from tests.capture.crafted import pcap_header, read, record, write


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "scale"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_both_byte_orders_and_resolutions(tmp_path: Path, order: str, magic: int, scale: int) -> None:
    data = pcap_header(order, magic) + record(1_700_000_000, 123_456, b"abc", wire=1500, order=order)
    found, error, source = read(write(tmp_path / "x", data))
    assert (found, error) == ([(1_700_000_000_000_000_000 + 123_456 * scale, 1500, 1, 0, b"abc")], None)
    assert (source.counts.frames, source.counts.bytes) == (1, 3)


@pytest.mark.parametrize("order", ["<", ">"])
def test_kuznetzov_records_tell_interface_and_direction(tmp_path: Path, order: str) -> None:
    data = pcap_header(order, 0xA1B2CD34)
    for device, kind in [(3, 0), (3, 4), (7, 3), (7, 9)]:
        data += struct.pack(order + "IIIIIHBB", 5, 6, 2, 2, device, 0x800, kind, 0) + b"hi"
    source = open_files([str(write(tmp_path / "x", data))])
    seen = [
        (batch.interface[n], batch.flags[n], batch.frame(n))
        for batch in source.batches()
        for n in range(batch.count)
    ]
    assert seen == [(1, 1, b"hi"), (1, 2, b"hi"), (2, 4, b"hi"), (2, 0, b"hi")]
    assert source.interfaces[2].description == "interface number 7"


@pytest.mark.parametrize(
    ("version", "first", "second", "captured"),
    [
        ((2, 4), 4, 9, 4),
        ((2, 2), 9, 4, 4),
        ((543, 0), 9, 4, 4),
        ((2, 3), 9, 4, 4),
        ((2, 3), 4, 9, 4),
    ],
)
def test_old_versions_have_their_lengths_the_other_way_round(
    tmp_path: Path, version: tuple[int, int], first: int, second: int, captured: int
) -> None:
    data = pcap_header(version=version) + struct.pack("<IIII", 1, 2, first, second) + bytes(captured)
    found, error, _ = read(write(tmp_path / "x", data))
    assert (found, error) == ([(1_000_002_000, 9, 1, 0, bytes(captured))], None)


@pytest.mark.parametrize("version", [(1, 4), (2, 5), (3, 0), (0, 0)])
def test_unknown_versions_are_refused(tmp_path: Path, version: tuple[int, int]) -> None:
    _, error, _ = read(write(tmp_path / "x", pcap_header(version=version)))
    assert error is not None
    assert error.reason == f"pcap version {version[0]}.{version[1]} is not known"


@pytest.mark.parametrize("magic", [0xA1B234CD, 0xA12B3C4D, 0x1C0001AC, 0x736E6F6F])
def test_relatives_that_are_not_read_are_refused_by_name(tmp_path: Path, magic: int) -> None:
    _, error, _ = read(write(tmp_path / "x", struct.pack(">I", magic) + bytes(40)))
    assert error is not None
    assert error.reason.endswith("is not read")


def test_flags_above_the_link_type_do_not_hide_it(tmp_path: Path) -> None:
    data = pcap_header(link=0x2400_0000 | 113) + record(1, 2, b"x")
    found, _, _ = read(write(tmp_path / "x", data))
    assert found[0][2] == 113


def test_a_wire_length_is_never_below_what_was_captured(tmp_path: Path) -> None:
    found, error, _ = read(write(tmp_path / "x", pcap_header() + record(1, 2, b"four", wire=2)))
    assert (found[0][1], error) == (4, None)


def test_frames_of_no_bytes_are_frames(tmp_path: Path) -> None:
    found, error, _ = read(write(tmp_path / "x", pcap_header() + record(1, 2, b"", wire=60) * 3))
    assert ([row[1] for row in found], error) == ([60, 60, 60], None)


def test_frames_beyond_snaplen_and_65535_are_read(tmp_path: Path) -> None:
    data = pcap_header(snaplen=96) + record(1, 2, bytes(200_000))
    found, error, _ = read(write(tmp_path / "x", data))
    assert (len(found[0][4]), error) == (200_000, None)


@pytest.mark.parametrize(
    ("snaplen", "captured", "fine"),
    [(0, 262_144, True), (0, 262_145, False), (1 << 20, 1 << 20, True), (0xFFFFFFFF, (16 << 20) + 1, False)],
)
def test_the_bound_on_a_record(tmp_path: Path, snaplen: int, captured: int, fine: bool) -> None:
    data = pcap_header(snaplen=snaplen) + record(1, 2, bytes(captured))
    found, error, _ = read(write(tmp_path / "x", data))
    assert (len(found) == 1) is fine
    assert (error is None) is fine


def test_a_fraction_beyond_a_second_is_cut_and_counted(tmp_path: Path) -> None:
    found, _, source = read(write(tmp_path / "x", pcap_header() + record(7, 0xFFFFFFFF, b"x")))
    assert found[0][0] == 7_999_999_000
    assert source.counts.odd_times == 1


def test_the_walk_stops_at_a_full_batch_and_goes_on() -> None:
    data = bytearray(crafted.pcap(5))
    walk = PcapWalk(bytes(data[:24]), Roster())
    batch = FrameBatch(data, 3)
    assert walk.walk(data, 24, len(data), batch) == FULL
    assert batch.count == 3
    batch.count = 0
    assert walk.walk(data, walk.position, len(data), batch) == MORE
    assert (batch.count, walk.position, walk.frames) == (2, len(data), 5)


def test_the_walk_says_how_much_it_needs() -> None:
    data = bytearray(crafted.pcap(1))
    walk = PcapWalk(bytes(data[:24]), Roster())
    batch = FrameBatch(data, 3)
    assert walk.walk(data, 24, 30, batch) == MORE
    assert (walk.position, walk.need) == (24, 16)
    assert walk.walk(data, 24, 50, batch) == MORE
    assert (walk.position, walk.need) == (24, 76)


def test_a_short_header_is_refused() -> None:
    with pytest.raises(CaptureError):
        PcapWalk(pcap_header()[:20], Roster())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["<", ">"]), st.sampled_from([0xA1B2C3D4, 0xA1B2CD34]))
def test_any_bytes_stay_inside_the_buffer(junk: bytes, order: str, magic: int) -> None:
    walk = PcapWalk(pcap_header(order, magic), Roster())
    batch = FrameBatch(b"", 4)
    data = bytearray(junk)
    status = walk.walk(data, 0, len(data), batch)
    assert status in {MORE, FULL, DAMAGED}
    for n in range(batch.count):
        assert 0 <= batch.offset[n] <= batch.offset[n] + batch.captured[n] <= walk.position <= len(data)
    assert walk.resume(data, 0, len(data), True) in {MORE, pcap.FOUND}
    assert walk.position <= len(data)
