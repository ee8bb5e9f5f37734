"""Cutting a stream into messages: chunks, long messages, gaps, endless heads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import DatagramParser, FramedParser, Frames
from procwire.model.observation import Observation

TCP = Context(transport="tcp")


def measure(data: bytes | bytearray) -> int:
    """``M``, one byte of length, that many bytes."""
    if data[0] != ord("M"):
        raise ProtocolError("no M")
    return 2 + data[1] if len(data) > 1 else 0


def test_whole_and_single() -> None:
    stream = b"M\3abcM\0M\1z"
    assert list(Frames(measure).push(stream)) == [b"M\3abc", b"M\0", b"M\1z"]
    frames = Frames(measure)
    cut = [one for at in range(len(stream)) for one in frames.push(stream[at : at + 1])]
    assert cut == [b"M\3abc", b"M\0", b"M\1z"]


def test_long_messages_are_kept_in_part_and_skipped() -> None:
    frames = Frames(measure, keep=4)
    assert list(frames.push(b"M\x64abX")) == [b"M\x64ab"]
    assert (frames.size, frames.skip()) == (102, 97)
    assert list(frames.push(b"M\1z")) == [b"M\1z"]
    again = Frames(measure, keep=4)
    assert list(again.push(b"M\x64abX")) == [b"M\x64ab"]
    assert list(again.push(b"x" * 97 + b"M\1z")) == [b"M\1z"]


def test_gaps() -> None:
    frames = Frames(measure, keep=4)
    list(frames.push(b"M\x64ab"))
    frames.miss(98)
    assert list(frames.push(b"M\1y")) == [b"M\1y"]
    list(frames.push(b"M\5a"))
    frames.miss(10)
    assert not list(frames.push(b"rubbish"))
    assert list(frames.push(b"M\1z")) == [b"M\1z"]
    assert frames.tentative


def test_endless_head() -> None:
    with pytest.raises(ProtocolError):
        list(Frames(lambda _: 0, keep=8).push(b"123456789"))


class Reader(FramedParser):
    """Refuses what holds an ``x``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure)

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        if b"x" in data:
            raise ProtocolError("x")
        yield Observation(time=now, side=side)


def test_parser_on_a_stream() -> None:
    parser: Any = Reader(TCP)
    assert len(list(parser.feed(Direction.OUT, b"M\1aM\1bM\2", now=1))) == 2
    assert (parser.skip(Direction.OUT), parser.remainder(Direction.OUT)) == (0, b"M\2")
    with pytest.raises(ProtocolError):
        list(parser.feed(Direction.OUT, b"xx", now=1))


def test_parser_tries_again_behind_a_gap() -> None:
    parser: Any = Reader(TCP)
    parser.gap(Direction.IN, 5, now=1)
    assert not list(parser.feed(Direction.IN, b"M\1x", now=1))
    assert len(list(parser.feed(Direction.IN, b"M\1aM\1b", now=1))) == 2


def test_nobody_reads() -> None:
    parser: Any = Reader(Context(transport="tcp", told=False))
    list(parser.feed(Direction.OUT, b"M\1a", now=1))
    assert parser.skip(Direction.OUT) == parser.skip(Direction.IN) == ENOUGH


def test_datagrams() -> None:
    parser: Any = Reader(Context(transport="udp"))
    assert len(list(parser.feed(Direction.OUT, b"anything", now=1))) == 1
    assert not list(parser.gap(Direction.OUT, 1, now=1))
    with pytest.raises(NotImplementedError):
        list(DatagramParser(TCP).feed(Direction.OUT, b"a", now=1))
