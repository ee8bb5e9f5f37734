"""One method for every message: datagrams, chunks, long messages, gaps, endless heads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from procwire.dpi.contract import ENOUGH, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import DatagramParser, FramedParser
from procwire.model.observation import Observation

TCP = Context(transport="tcp")
OUT, IN = Direction.OUT, Direction.IN


def measure(data: bytes) -> int:
    """``M``, one byte of length, that many bytes."""
    if data[0] != ord("M"):
        raise ProtocolError("no M")
    return 2 + data[1] if len(data) > 1 else 0


class Reader(FramedParser):
    """Keeps what it reads, and refuses what holds an ``x``."""

    def __init__(self, context: Context, keep: int = 64, length: Any = measure) -> None:
        super().__init__(context, length, keep)
        self.seen: list[tuple[bytes, int]] = []

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        if b"x" in data:
            raise ProtocolError("x")
        self.seen.append((data, self.size))
        yield Observation(time=now, side=side)


def fed(parser: Any, *pieces: bytes, side: Direction = OUT) -> list[bytes]:
    """What is read of these pieces."""
    before = len(parser.seen)
    for piece in pieces:
        list(parser.feed(side, piece, now=1))
    return [data for data, _ in parser.seen[before:]]


def test_whole_and_single() -> None:
    stream = b"M\3abcM\0M\1z"
    assert fed(Reader(TCP), stream) == [b"M\3abc", b"M\0", b"M\1z"]
    assert fed(Reader(TCP), *(stream[at : at + 1] for at in range(len(stream)))) == [
        b"M\3abc",
        b"M\0",
        b"M\1z",
    ]


def test_long_messages_are_kept_in_part_and_skipped() -> None:
    parser = Reader(TCP, keep=4)
    assert fed(parser, b"M\x64abX") == [b"M\x64ab"]
    assert (parser.seen[0][1], parser.skip(OUT)) == (102, 97)
    assert fed(parser, b"M\1z") == [b"M\1z"]
    again = Reader(TCP, keep=4)
    assert fed(again, b"M\x64abX", b"w" * 97 + b"M\1z") == [b"M\x64ab", b"M\1z"]


def test_gaps() -> None:
    parser = Reader(TCP, keep=4)
    fed(parser, b"M\x64ab")
    parser.gap(OUT, 98, now=1)
    assert fed(parser, b"M\1y") == [b"M\1y"]
    fed(parser, b"M\5a")
    parser.gap(OUT, 10, now=1)
    assert fed(parser, b"rubbish") == []
    assert fed(parser, b"M\1z") == [b"M\1z"]


def test_endless_head() -> None:
    with pytest.raises(ProtocolError):
        fed(Reader(TCP, 8, lambda _: 0), b"1" * 65)


def test_parser_on_a_stream() -> None:
    parser = Reader(TCP)
    assert len(list(parser.feed(OUT, b"M\1aM\1bM\2", now=1))) == 2
    with pytest.raises(ProtocolError):
        list(parser.feed(OUT, b"xx", now=1))


def test_parser_tries_again_behind_a_gap() -> None:
    parser = Reader(TCP)
    parser.gap(IN, 5, now=1)
    assert not fed(parser, b"M\1x", side=IN)
    assert len(fed(parser, b"M\1aM\1b", side=IN)) == 2


def test_nobody_reads() -> None:
    parser = Reader(Context(transport="tcp", told=False))
    assert len(fed(parser, b"M\1aM\1b")) == 1
    assert parser.skip(OUT) == parser.skip(IN) == ENOUGH


def test_datagrams() -> None:
    parser = Reader(Context(transport="udp"))
    assert fed(parser, b"anything") == [b"anything"]
    assert not list(parser.gap(OUT, 1, now=1))
    with pytest.raises(ProtocolError):
        list(parser.feed(OUT, b"", now=1))
    with pytest.raises(NotImplementedError):
        list(DatagramParser(TCP).feed(OUT, b"a", now=1))
