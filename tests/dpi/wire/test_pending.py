"""Requests waiting for their answers."""

from __future__ import annotations

from procwire.dpi.wire.pending import Pending


def test_latency_counts_from_the_first_request() -> None:
    pending = Pending()
    assert not pending.ask("a", 10, "note")
    assert pending.ask("a", 20)
    assert pending.peek("a") == "note"
    assert pending.answer("a", 35) == (25, "note")
    assert pending.answer("a", 40) == (None, None)
    assert pending.peek("a") is None


def test_oldest_is_forgotten() -> None:
    pending = Pending(2)
    for name in "abc":
        pending.ask(name, 1)
    assert len(pending) == 2
    assert pending.answer("a", 2) == (None, None)


def test_what_is_left() -> None:
    pending = Pending()
    pending.ask("a", 5)
    pending.ask("a", 6)
    assert list(pending.left()) == [("a", 5, 2, None)]
    assert not list(pending.left())
