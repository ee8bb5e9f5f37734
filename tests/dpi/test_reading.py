"""A parser that may raise anything, and what it skips."""

from __future__ import annotations

from typing import Any

from procwire.dpi.contract import ENOUGH, Context, ProtocolError
from procwire.dpi.declared import Declared
from procwire.dpi.entry import Entry
from procwire.dpi.reading import MAX_BAD_DATAGRAMS, Reading
from tests.dpi.test_opening import opening


class Script:
    """A parser that does what the bytes say."""

    def __init__(self, context: Any) -> None:
        self.want = 0
        self.fed: list[bytes] = []

    def feed(self, side: Any, data: bytes, *, now: int) -> Any:
        self.fed.append(data)
        if data == b"refuse":
            raise ProtocolError("no")
        if data == b"crash":
            raise ZeroDivisionError
        self.want = {b"skip": 5, b"enough": ENOUGH}.get(data, 0)
        return ["seen"] if data == b"seen" else []

    def gap(self, side: Any, size: int, *, now: int) -> Any:
        return [f"gap {size}"]

    def skip(self, side: Any) -> int:
        return self.want

    def finish(self, now: int) -> Any:
        raise ZeroDivisionError


def reading(*, datagrams: bool = False) -> Any:
    made: Any = Reading(opening(), datagrams)
    made.adopt(Entry("script", Script, Script, None), Context(transport="tcp"))
    return made


def test_skipped_bytes_are_not_shown() -> None:
    one = reading()
    one.feed(0, b"skip", 1)
    one.feed(0, b"123", 2)
    one.feed(0, b"45seen", 3)
    assert one.parser.fed == [b"skip", b"seen"]
    assert one.proven


def test_appetite_is_settled_by_asking() -> None:
    one = reading()
    one.feed(0, b"skip", 1)
    assert (one.appetite(0), one.appetite(0), one.sated()) == (5, 0, False)
    one.feed(0, b"enough", 2)
    one.feed(1, b"enough", 2)
    assert (one.appetite(0), one.sated()) == (ENOUGH, True)


def test_errors_stay_here() -> None:
    one = reading()
    assert list(one.feed(0, b"refuse", 1)) == []
    assert (one.good, one.faults, one.defect) == (False, 1, None)
    one.feed(0, b"crash", 2)
    assert "ZeroDivisionError" in one.defect
    assert list(one.finish(3)) == []
    assert "finish" in one.defect


def test_bad_datagrams_in_a_row() -> None:
    one = reading(datagrams=True)
    one.feed(0, b"seen", 1)
    answers = []
    for now in range(MAX_BAD_DATAGRAMS + 1):
        one.feed(0, b"refuse", now)
        answers.append(one.good)
    assert answers == [True] * MAX_BAD_DATAGRAMS + [False]


def test_gap_and_remainder() -> None:
    one = reading()
    assert one.lose(0, 9, 1) == ["gap 9"]
    assert one.remainder(0) == b""


def test_an_announced_reader_that_cannot_be_imported_is_a_defect_and_no_more() -> None:
    line = Declared(module="nonesuch", NAME="x", PORTS=frozenset(), TRANSPORTS=frozenset(), FIRST=None)
    one: Any = Reading(opening(), False)
    one.adopt(Entry("x", None, None, line), Context(transport="tcp"))
    assert "nonesuch" in one.defect
    assert one.feed(0, b"data", 1) == ()
    assert (one.good, one.faults) == (False, 1)
