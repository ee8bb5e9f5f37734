"""Reassembly: order, overlap, time, bounds; and whose packets the fragments are."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.model.frames import FrameBatch, batch_of
from procwire.model.packets import CUT, FRAGMENT, HAS_PORTS, HELD, IS_IP, REASSEMBLED
from procwire.packet import faults
from procwire.packet.decode import Decoder
from procwire.packet.fragments import Fragments, Piece
from tests.packet.build import TCP4, chain, decode, ends, eth, ip4, ip6, tcp, udp

BODY = bytes(range(256)) * 8
DATAGRAM = udp(BODY)


def cut4(data: bytes, sizes: list[int], proto: int = 17, ident: int = 7) -> list[bytes]:
    """Frames of a datagram, in fragments of the given sizes (multiples of 8) and the rest."""
    frames, at = [], 0
    for size in [*sizes, len(data)]:
        piece = data[at : at + size]
        more = 0x2000 if at + size < len(data) else 0
        if piece:
            frames.append(eth(ip4(piece, proto, part=more | at // 8, ident=ident)))
        at += size
    return frames


def cut6(data: bytes, sizes: list[int], proto: int = 17) -> list[bytes]:
    frames, at = [], 0
    for size in [*sizes, len(data)]:
        piece = data[at : at + size]
        more = int(at + size < len(data))
        if piece:
            frames.append(eth(ip6(struct.pack(">BBHI", proto, 0, at | more, 9) + piece, 44), 0x86DD))
        at += size
    return frames


@pytest.mark.parametrize("cut", [cut4, cut6])
def test_in_order(cut) -> None:  # type: ignore[no-untyped-def]
    table = decode(*cut(DATAGRAM, [800, 800]))
    assert [table.sport[row] for row in range(3)] == [5000] * 3
    for row in (0, 1):
        assert table.marks[row] == IS_IP | HAS_PORTS | FRAGMENT
        assert (table.length[row], table.held[row]) == (0, 0)
    assert table.marks[2] == IS_IP | HAS_PORTS | REASSEMBLED | FRAGMENT ^ FRAGMENT
    assert table.payload_of(2) == BODY
    assert table.length[2] == len(BODY)


@pytest.mark.parametrize("cut", [cut4, cut6])
def test_held_fragments_are_accounted_with_the_first(cut) -> None:  # type: ignore[no-untyped-def]
    first, second, third = cut(DATAGRAM, [800, 800])
    table = decode(third, second, first)
    assert table.marks[0] & HELD
    assert table.marks[1] & HELD
    assert not table.marks[0] & HAS_PORTS
    assert (table.held[2], table.held_wire[2]) == (2, len(third) + len(second))
    assert table.payload_of(2) == BODY


@given(order=st.permutations(range(6)))
@settings(max_examples=40, deadline=None)
def test_any_order_gives_the_same_payload(order: list[int]) -> None:
    frames = cut4(DATAGRAM, [400] * 5)
    table = decode(*[frames[index] for index in order])
    assert table.payload_of(5) == BODY
    packets = sum(not table.marks[row] & HELD for row in range(6)) + sum(table.held[row] for row in range(6))
    assert packets == 6


def test_tcp_header_comes_from_the_whole() -> None:
    table = decode(*cut4(tcp(BODY), [800], proto=6))
    assert table.tcp_flags[0] == 0
    assert (table.tcp_flags[1], table.seq[1]) == (0x18, 1000)
    assert table.payload_of(1) == BODY


def test_a_fragmented_tunnel_is_opened_when_whole() -> None:
    table = decode(*cut4(ip4(tcp(BODY)), [800], proto=4))
    assert ends(table, 0)[4] == 4
    assert ends(table, 1) == TCP4
    assert chain(table, 1) == "eth.ip.ip.tcp"
    assert table.payload_of(1) == BODY


def test_fragments_within_fragments() -> None:
    inner = [frame[14:] for frame in cut4(DATAGRAM, [1000])]
    frames = [frame for packet in inner for frame in cut4(packet, [504], proto=4, ident=len(packet))]
    table = decode(*frames)
    assert table.payload_of(len(frames) - 1) == BODY


def test_ip4_overlap_first_wins() -> None:
    first = eth(ip4(DATAGRAM[:800], 17, part=0x2000))
    forged = eth(ip4(b"\xff" * 800, 17, part=0x2000 | 50))
    rest = eth(ip4(DATAGRAM[1200:], 17, part=150))
    table = decode(first, forged, rest)
    assert faults.name(table.fault[1]) == "fragment-overlap"
    assert table.payload_of(2) == DATAGRAM[8:800] + b"\xff" * 400 + DATAGRAM[1200:]


def test_ip6_overlap_gives_the_datagram_up() -> None:
    frames = cut6(DATAGRAM, [800, 800])
    forged = eth(ip6(struct.pack(">BBHI", 17, 0, 400 | 1, 9) + b"\xff" * 800, 44), 0x86DD)
    decoder = Decoder()
    table = decode(frames[0], forged, *frames[1:], decoder=decoder)
    assert not table.rebuilt
    assert decoder.counts["fragments.overlapping"] == 1
    assert ends(table, 3)[2:4] == (5000, 53)


@pytest.mark.parametrize("cut", [cut4, cut6])
def test_an_exact_copy_is_ignored(cut) -> None:  # type: ignore[no-untyped-def]
    frames = cut(DATAGRAM, [800, 800])
    table = decode(frames[0], frames[0], *frames[1:])
    assert table.payload_of(3) == BODY
    assert table.fault[1] == 0


@pytest.mark.parametrize(
    "frame",
    [
        eth(ip4(bytes(800), 17, part=0x2000 | 8191)),  # beyond 65535: the ping of death
        eth(ip4(bytes(801), 17, part=0x2000)),  # not a multiple of eight, and more to come
        eth(ip4(b"", 17, part=0x2000)),
    ],
)
def test_impossible_fragments_are_faults(frame: bytes) -> None:
    table = decode(frame)
    assert faults.name(table.fault[0]) == "fragment-invalid"


def test_two_ends_contradict_each_other() -> None:
    decoder = Decoder()
    decode(eth(ip4(bytes(80), 17, part=100)), eth(ip4(bytes(80), 17, part=50)), decoder=decoder)
    assert decoder.counts["fragments.invalid"] == 1


@pytest.mark.parametrize(("cut", "seconds"), [(cut4, 30), (cut6, 60)])
def test_time_runs_out(cut, seconds: int) -> None:  # type: ignore[no-untyped-def]
    decoder = Decoder()
    frames = cut(DATAGRAM, [800])
    table = decoder.decode(batch_of(frames, step=(seconds + 1) * 1_000_000_000))
    assert not table.rebuilt
    assert decoder.counts["fragments.timed-out"] == 1


def test_a_short_capture_keeps_its_flow_and_no_bytes() -> None:
    frames = cut4(DATAGRAM, [800, 800])
    batch = FrameBatch(b"".join(frame[:60] for frame in frames), 3)
    for row, frame in enumerate(frames):
        batch.add(60 * row, 60, len(frame), row, 1)
    decoder = Decoder()
    table = decoder.decode(batch)
    assert [table.sport[row] for row in range(3)] == [5000] * 3
    assert table.marks[0] & CUT
    assert len(decoder.fragments) == 1
    assert decoder.fragments.held_bytes < 2000


def test_memory_is_bounded_when_nothing_is_ever_completed() -> None:
    decoder = Decoder(fragments_bytes=100_000)
    for number in range(20):
        frames = [
            eth(ip4(bytes(1000), 17, part=0x2000 | 200, ident=number * 100 + index)) for index in range(100)
        ]
        decode(*frames, decoder=decoder)
        assert decoder.fragments.held_bytes <= 100_000
    counts = decoder.counts
    assert counts["fragments.evicted"] > 1900
    assert counts["fragments.orphaned"] == counts["fragments.evicted"]


def test_number_of_datagrams_is_bounded() -> None:
    fragments = Fragments(limit_datagrams=10)
    for number in range(50):
        piece = Piece((number,), 4, 800, True, 8, bytes(8), 60, 0)
        assert fragments.add(piece, first=None).whole is None
    assert len(fragments) == 10


class Oracle:
    """Byte by byte, first wins."""

    def __init__(self) -> None:
        self.bytes: dict[int, int] = {}

    def add(self, offset: int, data: bytes) -> None:
        for index, value in enumerate(data):
            self.bytes.setdefault(offset + index, value)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12), st.integers(0, 255)), max_size=20))
@settings(max_examples=150, deadline=None)
def test_first_wins_as_an_oracle_says(pieces: list[tuple[int, int, int]]) -> None:
    fragments, oracle, end = Fragments(), Oracle(), 42 * 8
    whole = None
    for at, words, value in pieces:
        data = bytes([value]) * (words * 8)
        oracle.add(at * 8, data)
        whole = fragments.add(Piece((1,), 4, at * 8, True, len(data), data, 0, 0), first=None).whole
        assert whole is None
    for at in range(0, end, 8):
        oracle.add(at, bytes([at // 8]) * 8)
        data = bytes([at // 8]) * 8
        verdict = fragments.add(Piece((1,), 4, at, True, 8, data, 0, 0), first=None)
        assert verdict.whole is None
    verdict = fragments.add(Piece((1,), 4, end, False, 8, b"the end!", 0, 0), first=None)
    assert verdict.whole is not None
    assert verdict.whole == bytes(oracle.bytes[index] for index in range(end)) + b"the end!"
    assert fragments.held_bytes == 0
