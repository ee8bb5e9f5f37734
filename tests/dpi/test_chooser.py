"""Who says by what a flow is read."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.analyzer import Analyzer
from procwire.dpi.chooser import Chooser, Undecided
from procwire.dpi.contract import ENOUGH, Claim, Context, Direction
from procwire.dpi.registry import Registry
from procwire.model.flow import Flow
from procwire.model.observation import Observation


class Reader:
    """Keeps what it is fed."""

    def __init__(self) -> None:
        self.fed: list[bytes] = []

    def skip(self, side: int) -> int:
        return 0

    def gap(self, side: int, size: int, *, now: int) -> tuple[()]:
        return ()

    def feed(self, side: int, data: bytes, *, now: int) -> list[Observation]:
        self.fed.append(data)
        return [Observation(time=now, side=Direction.OUT)]


class Waiting(Undecided):
    """Gives way at its second call."""

    def __init__(self) -> None:
        self.reader = Reader()
        self.calls = 0

    def skip(self, side: int) -> int:
        return ENOUGH  # asked of the one that is fed the rest, not of this one

    def feed(self, side: int, data: bytes, *, now: int) -> list[Observation]:
        self.calls += 1
        if self.calls == 1:
            self.successor = self.reader
        return []


class Choice(Chooser):
    """Knows what was asked of it."""

    def __init__(self, parser: Any) -> None:
        self.parser = parser
        self.asked: list[bytes] = []
        self.ended: list[Any] = []

    def choose(self, context: Any, data: bytes) -> Any:
        self.asked.append(data)
        return self.parser

    def finish(self, parser: Any, now: int) -> list[Observation]:
        self.ended.append(parser)
        return [Observation(time=now, side=Direction.OUT)]


class Module:
    """A protocol of which every stream is."""

    NAME, PORTS, TRANSPORTS, FIRST, OBSERVATIONS = "some", frozenset[Any](), frozenset({"udp"}), None, ()
    Parser = Reader

    def __init__(self, chooser: Chooser) -> None:
        self.__name__ = self.__doc__ = "some"
        self.CHOOSER = chooser

    def claims(self, data: bytes, side: int, context: Context) -> Claim:
        return Claim.YES


def read(parser: Any, *pieces: bytes) -> tuple[Choice, list[Observation]]:
    choice, heard = Choice(parser), list[Observation]()
    analyzer = Analyzer(lambda _, seen: heard.append(seen), protocols=Registry([Module(choice)]))
    flow = Flow()
    flow.proto = 17
    for number, piece in enumerate(pieces):
        analyzer.data(flow, 0, piece, number)
    analyzer.ended(flow, 9)
    return choice, heard


def test_it_is_asked_once_and_again_at_the_end() -> None:
    reader = Reader()
    choice, heard = read(reader, b"one", b"two", b"three")
    assert (choice.asked, choice.ended) == ([b"one"], [reader])
    assert reader.fed == [b"one", b"two", b"three"]
    assert [each.time for each in heard] == [0, 1, 2, 9]


def test_who_was_undecided_gives_way() -> None:
    waiting = Waiting()
    choice, heard = read(waiting, b"one", b"two", b"three")
    assert waiting.calls == 1
    assert waiting.reader.fed == [b"two", b"three"]
    assert choice.ended == [waiting.reader]
    assert [each.time for each in heard] == [1, 2, 9]


def test_a_chooser_says_what_it_is_asked() -> None:
    with pytest.raises(NotImplementedError):
        Chooser().choose(Context(transport="udp"), b"")
    with pytest.raises(NotImplementedError):
        Chooser().finish(None, 1)
