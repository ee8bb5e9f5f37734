"""Requests waiting for their answers: by key, in order, and what is told of those that wait in vain."""

from __future__ import annotations

from typing import Any

from procwire.dpi.contract import Context
from procwire.dpi.wire.pending import MAX_PENDING, Asked, Pairing, Pending, Queue, unanswered


def test_latency_counts_from_the_first_request() -> None:
    pending = Pending()
    assert not pending.ask("a", 10, "note")
    assert pending.ask("a", 20)
    assert (pending.peek("a"), pending.since("a")) == ("note", 10)
    assert pending.answer("a", 35) == (25, "note")
    assert pending.answer("a", 40) == (None, None)
    assert pending.peek("a") is pending.since("a") is None


def test_one_that_is_renewed_is_another() -> None:
    pending = Pending()
    pending.renew("a", 10, "old")
    pending.renew("a", 20, "new")
    assert pending.answer("a", 35) == (15, "new")


def test_oldest_is_forgotten() -> None:
    pending = Pending(2)
    for name in "abc":
        pending.ask(name, 1)
    assert len(pending) == 2
    assert pending.answer("a", 2) == (None, None)


def test_what_is_left() -> None:
    pending = Pending()
    pending.ask("a", 5, side=1, said="get a")
    pending.ask("a", 6)
    assert list(pending.left()) == [("a", Asked(5, 2, None, 1, "get a"))]
    assert not list(pending.left())


def test_in_order_stays_in_step_when_the_oldest_gave_way() -> None:
    queue = Queue()
    for number in range(MAX_PENDING + 2):
        queue.ask(number, number)
    assert (queue.peek(999), queue.answer(999), queue.answer(999)) == ((None, None),) * 3
    assert queue.answer(999) == (997, 2)
    assert queue.peek(999) == (996, 3)


def test_in_order_matches_nothing_behind_a_loss() -> None:
    queue = Queue()
    queue.ask(1, 1)
    queue.clear()
    queue.ask(2, 2)
    assert (queue.answer(3), queue.unsure, list(queue.left())) == ((None, None), True, [])


def test_only_what_was_asked_in_words_is_told() -> None:
    pending, queue = Pending(), Queue()
    pending.ask("a", 5, side=1, said="get a")
    pending.ask("b", 6)
    queue.ask(7, said="set b")
    told: list[Any] = unanswered(10, pending, queue)
    assert [(one.side, one.request, one.asked, one.attempts, one.waited) for one in told] == [
        (1, "get a", 5, 1, 5), (0, "set b", 7, 1, 3),
    ]  # fmt: skip


class Parser(Pairing):
    """Has one request."""

    def __init__(self, *, told: bool) -> None:
        self.context = Context(transport="tcp", told=told)
        self.paired(Pending()).ask("a", 1, said="get a")


def test_a_parser_tells_at_the_end_unless_nobody_reads_or_bytes_were_lost() -> None:
    assert len(list(Parser(told=True).finish(5))) == 1
    assert not list(Parser(told=False).finish(5))
    lossy = Parser(told=True)
    lossy.lossy = True
    assert not list(lossy.finish(5))
