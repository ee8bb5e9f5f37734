"""Requests that wait for their answers."""

from __future__ import annotations

from procwire.dpi.wire.waiting import MAX_WAITING, Numbered, Ordered


def test_numbered() -> None:
    waiting = Numbered()
    for number in range(MAX_WAITING + 1):
        waiting.ask(number, f"r{number}")
    assert waiting.answer(0) is None
    assert (waiting.peek(1), waiting.answer(1), waiting.answer(1)) == ("r1", "r1", None)
    waiting.clear()
    assert waiting.answer(2) is None


def test_ordered_stays_in_step_when_the_oldest_gave_way() -> None:
    waiting = Ordered()
    for number in range(MAX_WAITING + 2):
        waiting.ask(number)
    assert (waiting.peek(), waiting.answer(), waiting.answer(), waiting.answer()) == (None, None, None, 2)
    assert waiting.peek() == 3


def test_ordered_matches_nothing_behind_a_loss() -> None:
    waiting = Ordered()
    waiting.ask(1)
    waiting.clear()
    waiting.ask(2)
    assert (waiting.answer(), waiting.unsure) == (None, True)
