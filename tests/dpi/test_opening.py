"""The first bytes of a flow."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from procwire.dpi.contract import Claim, Context, Direction
from procwire.dpi.entry import Entry
from procwire.dpi.opening import MAX_PIECES, REFUSED, Limits, Opening


def entry(name: str, answer: Any) -> Entry:
    return Entry(name, lambda data, side, context: answer(data), object, None)


def opening(*entries: Entry, transport: str = "tcp", loose: bool = False, **limits: int) -> Any:
    table = [entries] * 256
    return Opening(Context(transport=transport), table, (), loose, Limits(**limits))


WAIT = entry("wait", lambda data: Claim.MORE)
NEVER = entry("never", lambda data: Claim.NO)
WORD = entry("word", lambda data: Claim.YES if data[:4] == b"word" else Claim.MORE if b"word"[: len(data)] == data else Claim.NO)  # fmt: skip  # noqa: E501


def test_claims_see_one_side_joined() -> None:
    held = opening(WORD)
    assert held.push(0, b"wo", 1) is None
    assert held.push(1, b"w", 2) is None
    assert held.push(0, b"rd", 3) is WORD
    assert held.replay() == [(0, b"wo", 1), (1, b"w", 2), (0, b"rd", 3)]
    assert held.held == 5


def test_refused_by_one_side_is_out() -> None:
    held = opening(WORD, NEVER)
    assert held.push(0, b"wo", 1) is None
    assert held.push(1, b"x", 2) is REFUSED


def test_segment_of_an_unseen_start_is_tried_by_itself() -> None:
    held = opening(WORD, loose=True, attempts=3)
    assert held.push(0, b"w", 1) is None
    assert held.push(0, b"word", 2) is WORD
    again = opening(WORD, loose=True, attempts=2)
    assert again.push(0, b"x", 1) is None
    assert again.push(0, b"x", 2) is REFUSED


def test_datagrams_are_asked_about_apart() -> None:
    held = opening(WORD, transport="udp", datagrams=4)
    assert held.push(0, b"wo", 1) is None
    assert held.push(0, b"rd", 2) is None
    assert held.push(0, b"word", 3) is WORD
    assert [data for _, data, _ in held.replay()] == [b"wo", b"word"]


def test_bounds() -> None:
    held = opening(WAIT, side_bytes=10)
    assert held.push(0, b"x" * 9, 1) is None
    assert held.push(0, b"x", 2) is REFUSED
    many = opening(WAIT)
    for now in range(1000):
        assert many.push(0, b"x", now) is None
    assert len(many.replay()) <= MAX_PIECES
    few = opening(WAIT, transport="udp", datagrams=3)
    assert [few.push(0, b"x", now) for now in range(3)] == [None, None, REFUSED]


def test_retry_leaves_out_who_failed() -> None:
    other = entry("other", lambda data: Claim.YES)
    held = opening(WORD, other)
    assert held.push(0, b"word", 1) is WORD
    assert held.retry(WORD) is other
    assert held.retry(other) is REFUSED


def test_claims_that_raise_are_a_defect() -> None:
    def crash(data: bytes) -> Claim:
        raise KeyError("x")

    held = opening(entry("crash", crash), WAIT)
    assert held.push(0, b"x", 1) is None
    assert "KeyError" in held.defect


def test_datagrams_in_doubt_are_confirmed_together() -> None:
    def confirm(seen: list[tuple[Direction, bytes]], context: Context) -> bool:
        return [data for _, data in seen] == [b"a1", b"a2"]

    def broken(seen: list[tuple[Direction, bytes]], context: Context) -> bool:
        raise ValueError("no")

    doubtful = Entry("x", lambda *_: Claim.MORE, object, SimpleNamespace(confirm=confirm))
    failing = Entry("y", lambda *_: Claim.MORE, object, SimpleNamespace(confirm=broken))
    for entries, found in (((doubtful,), doubtful), ((failing, doubtful), doubtful), ((failing,), None)):
        held = opening(*entries, transport="udp")
        assert held.push(0, b"a1", 1) is None
        assert held.push(1, b"a2", 2) is found
        assert bool(held.defect) == (failing in entries)


def test_datagrams_that_a_confirmed_protocol_refuses_are_not_replayed() -> None:
    def claims(data: bytes, side: Direction, context: Context) -> Claim:
        return Claim.MORE if data[:1] == b"b" else Claim.NO

    other = Entry(
        "x", lambda data, *_: Claim.MORE if data[:1] == b"a" else Claim.NO, object, SimpleNamespace()
    )
    doubtful = Entry("y", claims, object, SimpleNamespace(confirm=lambda seen, context: len(seen) > 2))
    held = opening(other, doubtful, transport="udp")
    assert [held.push(0, data, 1) for data in (b"a1", b"b1", b"b2")] == [None, None, doubtful]
    assert [data for _, data, _ in held.replay()] == [b"b1", b"b2"]
