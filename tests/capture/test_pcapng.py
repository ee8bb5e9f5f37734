"""pcapng: all block kinds, sections, clocks and options; what a block may not do."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.capture.pcap import DAMAGED, FOUND, FULL, MORE
from procwire.capture.pcapng import PcapngWalk
from procwire.capture.roster import Roster
from procwire.model.frames import FrameBatch
from tests.capture import crafted
from tests.capture.crafted import block, interface, option, packet, read, section, write

SECOND = 1_000_000_000


@pytest.mark.parametrize("order", ["<", ">"])
def test_every_packet_block(tmp_path: Path, order: str) -> None:
    stamp = 1_700_000_000_000_001
    high, low = stamp >> 32, stamp & 0xFFFFFFFF
    old = struct.pack(order + "HHIIII", 0, 5, high, low, 3, 90) + b"old\0"
    simple = struct.pack(order + "I", 90) + b"simple!!"
    data = section(order) + interface(order, link=101, snaplen=7) + packet(stamp, b"new", order=order)
    data += block(2, old, order) + block(3, simple, order)
    found, error, source = read(write(tmp_path / "x", data))
    time = 1_700_000_000_000_001_000
    assert error is None
    assert found == [
        (time, 3, 101, 0, b"new"),
        (time, 90, 101, 0, b"old"),
        (0, 90, 101, 0, b"simple!"),
    ]
    assert source.counts.dropped == 5


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("resolution", "units", "time"),
    [
        (0, 17, 17 * SECOND),
        (3, 17, 17_000_000),
        (6, 17, 17_000),
        (9, 17, 17),
        (12, 17_999, 17),
        (19, 170_000_000_000, 17),
        (28, 17 * 10**18, 1),
        (127, 2**64 - 1, 0),
        (0x80, 17, 17 * SECOND),
        (0x80 | 20, 3 << 19, 1_500_000_000),
        (0x80 | 32, 3 << 31, 1_500_000_000),
        (0x80 | 60, 3 << 59, 1_500_000_000),
        (0x80 | 63, 3 << 62, 1_500_000_000),
        (0xFF, 2**64 - 1, 0),
    ],
)
def test_time_resolutions(tmp_path: Path, order: str, resolution: int, units: int, time: int) -> None:
    options = option(9, bytes([resolution]), order) + option(0, b"", order)
    data = section(order) + interface(order, options=options) + packet(units, b"x", order=order)
    found, error, source = read(write(tmp_path / "x", data))
    assert (found[0][0], error, source.counts.odd_times) == (time, None, 0)
    assert source.interfaces[1].resolution == resolution


@pytest.mark.parametrize(
    ("resolution", "units", "offset", "time"),
    [
        (9, 5, 100, 100 * SECOND + 5),
        (9, 5 * SECOND, -2, 3 * SECOND),
        (9, 5, -(2**63), 0),
        (9, 2**64 - 1, 2**63 - 1, 9_000_000_000_000_000_000),
        (6, 2**64 - 1, 0, 9_000_000_000_000_000_000),
        (0, 2**64 - 1, 0, 9_000_000_000_000_000_000),
        (0x80, 2**64 - 1, 0, 9_000_000_000_000_000_000),
        (9, 5, 2**63 - 1, 9_000_000_000_000_000_000),
    ],
)
def test_time_offsets_and_bounds(tmp_path: Path, resolution: int, units: int, offset: int, time: int) -> None:
    options = option(9, bytes([resolution])) + option(14, struct.pack("<q", offset))
    data = section() + interface(options=options) + packet(units, b"x")
    found, error, source = read(write(tmp_path / "x", data))
    assert (found[0][0], error) == (time, None)
    assert source.counts.odd_times == (time in {0, 9_000_000_000_000_000_000})


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("bits", "flags"), [(0, 0), (1, 1), (2, 2), (3, 0), (0x11, 4), (0x09, 1), (0xFF000002, 2)]
)
def test_direction(tmp_path: Path, order: str, bits: int, flags: int) -> None:
    options = option(2, struct.pack(order + "I", bits), order) + option(0, b"", order)
    data = section(order) + interface(order) + packet(1, b"12345", order=order, options=options)
    found, error, _ = read(write(tmp_path / "x", data))
    assert (found[0][3:], error) == ((flags, b"12345"), None)


@pytest.mark.parametrize("order", ["<", ">"])
def test_what_is_learned_beside_the_packets(tmp_path: Path, order: str) -> None:
    names = option(1, bytes([10, 0, 0, 1]) + b"a.example\0b.example\0", order)
    names += option(2, bytes(15) + b"\x01six.example\0", order) + option(0, b"", order)
    names += option(1, b"about names", order)
    described = option(2, b"eth0", order) + option(3, b"the wire", order) + option(11, b"\0tcp", order)
    described += option(12, b"Linux", order) + option(1, b"about eth0", order)
    lost = option(5, struct.pack(order + "Q", 40), order) + option(7, struct.pack(order + "Q", 2), order)
    data = section(order, options=option(1, b"about all", order)) + interface(order, options=described)
    data += block(4, names, order) + block(
        10, struct.pack(order + "II", 0x544C534B, 5) + b"CLIENT\0\0", order
    )
    data += packet(1, b"x", order=order, options=option(1, "naïve".encode(), order))
    data += block(0xBAD, bytes(8), order) + block(9, b"journal ", order) + block(0x1234, b"", order)
    data += block(5, struct.pack(order + "III", 0, 0, 0) + lost, order)
    found, error, source = read(write(tmp_path / "x", data))
    assert (len(found), error) == (1, None)
    assert source.names == {"10.0.0.1": ["a.example", "b.example"], "::1": ["six.example"]}
    assert source.secrets == [(0x544C534B, b"CLIEN")]
    assert [(c.frame, c.text) for c in source.comments] == [
        (0, "about all"), (0, "about eth0"), (0, "about names"), (1, "naïve"),
    ]  # fmt: skip
    eth0 = source.interfaces[1]
    assert (eth0.name, eth0.description, eth0.filter, eth0.os) == ("eth0", "the wire", "tcp", "Linux")
    assert (source.counts.dropped, source.counts.skipped_blocks) == (42, 3)


def test_sections_of_both_orders_with_their_own_interfaces(tmp_path: Path) -> None:
    first = section("<", 1234) + interface("<", options=option(2, b"a")) + packet(1, b"le")
    second = (
        section(">") + interface(">", link=113, options=option(2, b"b", ">")) + packet(1, b"be", order=">")
    )
    found, error, source = read(write(tmp_path / "x", first + second + first))
    assert ([(row[2], row[4]) for row in found], error) == ([(1, b"le"), (113, b"be"), (1, b"le")], None)
    assert [entry.name for entry in source.interfaces] == ["", "a", "b"]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (packet(1, b"x", number=1), "packet names interface 1, the section has described 1"),
        (struct.pack("<II", 6, 13) + bytes(20), "block claims 13 bytes"),
        (struct.pack("<II", 6, 8) + bytes(20), "block claims 8 bytes"),
        (struct.pack("<II", 99, 0x7FFFFFFC) + bytes(20), "block claims 2147483644 bytes"),
        (packet(1, b"x")[:-4] + b"\0\0\0\0", "block claims 36 bytes before and 0 after"),
        (block(6, bytes(8)), "packet block is too short for its header"),
        (
            block(6, struct.pack("<IIIII", 0, 0, 0, 99, 99)),
            "packet claims 99 bytes captured in a block of 32",
        ),
        (block(1, b""), "interface description is too short"),
        (block(0x0A0D0D0A, bytes(16)), "section header without a byte-order mark"),
        (block(0x0A0D0D0A, struct.pack("<I", 0x1A2B3C4D)), "section header is too short"),
        (block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 2, 0, -1)), "pcapng version 2.0 is not known"),
    ],
)
def test_damage_is_named_with_its_offset(tmp_path: Path, broken: bytes, reason: str) -> None:
    good = crafted.pcapng(2)
    found, error, source = read(write(tmp_path / "x", good + broken + bytes(40)))
    assert error is not None
    assert (len(found), error.offset, error.reason) == (2, len(good), reason)
    assert source.counts.damaged == 1


@pytest.mark.parametrize("kind", [6, 3, 2])
def test_a_packet_before_any_interface_is_refused(tmp_path: Path, kind: int) -> None:
    _, error, _ = read(write(tmp_path / "x", section() + block(kind, bytes(40))))
    assert error is not None
    assert error.reason == "packet names interface 0, the section has described 0"


def test_options_that_overrun_their_block_do_no_harm(tmp_path: Path) -> None:
    options = struct.pack("<HH", 1, 60_000) + b"abcd"
    data = section() + interface() + packet(1, b"x", options=options) + block(4, options)
    found, error, source = read(write(tmp_path / "x", data))
    assert (len(found), error, source.comments) == (1, None, [])


def test_more_interfaces_than_the_roster_holds_are_not_said(tmp_path: Path) -> None:
    data = section() + b"".join(interface(options=option(2, b"i%d" % n)) for n in range(4200))
    data += packet(1, b"x", number=4199)
    found, error, source = read(write(tmp_path / "x", data))
    assert (len(found), error, len(source.interfaces)) == (1, None, 4097)
    assert source.counts.unkept == 104


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.binary(max_size=60)), max_size=6),
    st.sampled_from(["<", ">"]),
    st.binary(max_size=40),
)
def test_any_blocks_stay_inside_the_buffer(parts: list[tuple[int, bytes]], order: str, junk: bytes) -> None:
    data = bytearray(
        section(order) + interface(order) + b"".join(block(k, b, order) for k, b in parts) + junk
    )
    walk = PcapngWalk(Roster())
    batch = FrameBatch(b"", 4)
    assert walk.walk(data, 0, len(data), batch) in {MORE, FULL, DAMAGED}
    for n in range(batch.count):
        assert 0 <= batch.offset[n] <= batch.offset[n] + batch.captured[n] <= walk.position <= len(data)
    assert walk.resume(data, 1, len(data), True) in {MORE, FOUND}
    assert walk.position <= len(data)
