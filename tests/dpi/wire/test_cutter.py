"""Cutting messages out of streams: pieces, long messages, gaps, hand-over, bounds."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from procwire.dpi.contract import ENOUGH, Context, Direction, ProtocolError
from procwire.dpi.wire.cutter import MAX_LOGIN, MAX_RESYNC, Cutter, empty_lines
from procwire.model.observation import Observation, Upgraded

OUT, IN = Direction.OUT, Direction.IN


class Toy(Cutter):
    """A length byte, then that many bytes; 255 is nonsense, 254 the rest, a body of "u" an upgrade."""

    LOOK = 16
    HEAD = 4

    def __init__(self, transport: str = "tcp", *, told: bool = True) -> None:
        super().__init__(Context(transport=transport, told=told))
        self.read: list[bytes] = []
        self.forgot = 0

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        if data[at] == 255:
            raise ProtocolError("255")
        if data[at] == 0:
            return 0
        return ENOUGH if data[at] == 254 else 1 + data[at]

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        self.read.append(data[1:])
        if data[1:] == b"u":
            return (self.hand_on(side, "tls", now),)
        return (Observation(time=now, side=side),)

    def forget(self) -> None:
        self.forgot += 1


def test_pieces_are_joined_and_the_rest_of_long_ones_passed_over() -> None:
    toy = Toy()
    toy.feed(OUT, b"\3a", now=1)
    toy.feed(OUT, b"bc\x64" + b"x" * 20, now=2)
    assert toy.read == [b"abc", b"x" * 15]
    assert toy.skip(OUT) == 80
    assert toy.skip(OUT) == 0
    toy.feed(OUT, b"\1y", now=3)
    assert toy.read[-1] == b"y"


def test_skip_is_not_asked() -> None:
    toy = Toy()
    toy.feed(OUT, b"\x64" + b"x" * 20, now=1)
    toy.feed(OUT, b"x" * 80 + b"\1y", now=2)
    assert toy.read[-1] == b"y"


def test_gap_within_a_long_message_loses_nothing_and_others_do() -> None:
    toy = Toy()
    toy.feed(OUT, b"\x64" + b"x" * 20, now=1)
    toy.gap(OUT, 80, now=2)
    assert toy.forgot == 0
    toy.gap(OUT, 5, now=3)
    assert toy.forgot == 1
    toy.feed(OUT, b"\xff junk", now=4)
    toy.feed(OUT, b"\1y", now=5)
    assert toy.read[-1] == b"y"


def test_looking_for_a_start_ends() -> None:
    toy = Toy()
    toy.gap(OUT, 5, now=1)
    for number in range(MAX_RESYNC):
        toy.feed(OUT, b"\xff", now=number)
    assert toy.skip(OUT) == ENOUGH


def test_error_behind_a_message_comes_with_the_next_call() -> None:
    toy = Toy()
    assert len(list(toy.feed(OUT, b"\1a\xff", now=1))) == 1
    with pytest.raises(ProtocolError):
        toy.feed(OUT, b"\1a", now=2)


def test_message_without_end_is_refused() -> None:
    toy = Toy()
    with pytest.raises(ProtocolError):
        toy.feed(OUT, bytes(100), now=1)


def test_hand_over_keeps_what_followed_on_both_sides() -> None:
    toy = Toy()
    toy.feed(IN, b"\5ab", now=1)
    (seen,) = toy.feed(OUT, b"\1urest", now=2)
    assert isinstance(seen, Upgraded)
    assert (toy.remainder(OUT), toy.remainder(IN)) == (b"rest", b"\5ab")
    assert toy.feed(OUT, b"more", now=3) == ()


def test_datagrams_hold_whole_messages() -> None:
    toy = Toy("udp")
    toy.feed(OUT, b"\1a\2bc", now=1)
    assert toy.read == [b"a", b"bc"]
    for wrong in (b"\5ab", b"\0"):
        with pytest.raises(ProtocolError):
            toy.feed(OUT, wrong, now=2)


def test_rest_of_the_stream_and_no_reader() -> None:
    toy = Toy()
    toy.feed(OUT, b"\xfe" + b"x" * 20, now=1)
    assert toy.skip(OUT) >= ENOUGH - 64
    silent = Toy(told=False)
    silent.settled = True
    assert silent.skip(OUT) == ENOUGH
    silent.close()
    assert silent.feed(OUT, b"\1a", now=1) == []


def test_empty_lines_are_one_message() -> None:
    assert empty_lines(b"\r\n\r\nx", 0) == 4
    assert empty_lines(b"ab\r", 2) == 0
    with pytest.raises(ProtocolError):
        empty_lines(b"\rx", 0)


def test_running_session_is_joined_where_messages_align() -> None:
    toy = Toy()
    toy.join(OUT)
    assert (toy.client, toy.lanes[1].lost, toy.lanes[0].lost) == (0, True, False)
    assert toy.aligned(IN, b"\1a\2bc")
    assert not toy.aligned(IN, b"\5ab")
    with pytest.raises(ProtocolError):
        toy.aligned(IN, b"\1a\xff")


def test_login_is_a_fact_of_the_flow_only_at_its_beginning() -> None:
    toy = Toy()
    assert [toy.early() for _ in range(MAX_LOGIN + 1)] == [True] * MAX_LOGIN + [False]
    assert toy.settled
