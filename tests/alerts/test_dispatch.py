"""From the outbox to whoever delivers, and back."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.alerts.dispatch import FLIGHT_NS, MAX_BODY_BYTES, Dispatcher, formatted
from procwire.alerts.outbox import Outbox, Rules
from procwire.alerts.policy import BREAKER_FAILURES, REST_NS
from procwire.model.sink import LATER, OK, REFUSED, Done, Result, Sink, Work
from tests.alerts.samples import FULL, NOW, SECOND
from tests.alerts.test_outbox import other

MINUTE = 60 * SECOND


class Courier:
    """Answers as told."""

    def __init__(self, path: Path, *sinks: Sink) -> None:
        self.outbox = Outbox(path, {sink.name: sink.severity for sink in sinks}, Rules(rate=10_000))
        self.work: list[Work] = []
        self.takes = True
        self.dispatcher = Dispatcher(self.outbox, sinks, self.send, lambda: 1.0)

    def send(self, work: Work) -> bool:
        if self.takes:
            self.work.append(work)
        return self.takes

    def answer(self, *results: Result, now: int) -> None:
        self.dispatcher.heard(Done(number=self.work.pop().number, results=results), now)


@pytest.fixture
def courier(tmp_path: Path) -> Iterator[Courier]:
    made = Courier(
        tmp_path / "alerts.db", Sink(name="hook", kind="webhook"), Sink(name="es", kind="elasticsearch")
    )
    yield made
    made.outbox.close()


def test_one_batch_a_sink(courier: Courier) -> None:
    for n in range(3):
        courier.outbox.enqueue(other(n), now=NOW)
    courier.dispatcher.tick(NOW)
    courier.dispatcher.tick(NOW)
    assert [(work.sink, len(work.items)) for work in courier.work] == [("hook", 1), ("es", 3)]
    assert courier.dispatcher.busy
    body = json.loads(courier.work[1].items[0].body)
    assert body["event"]["kind"] == "alert"
    assert courier.work[0].items[0].subject.startswith("[high] Port scan: 10.0.0.9 tried")


def test_each_item_has_its_own_fate(courier: Courier) -> None:
    for n in range(3):
        courier.outbox.enqueue(other(n), now=NOW)
    courier.dispatcher.tick(NOW)
    courier.answer(OK, Result(LATER, "429"), Result(REFUSED, "mapping"), now=NOW)
    assert (courier.dispatcher.delivered, courier.dispatcher.failures, courier.dispatcher.dead) == (1, 1, 1)
    courier.dispatcher.tick(NOW + SECOND)
    assert [len(work.items) for work in courier.work if work.sink == "es"] == [1]


def test_no_answer_is_tried_again_under_the_same_key(courier: Courier) -> None:
    courier.outbox.enqueue(other(1), now=NOW)
    courier.dispatcher.tick(NOW)
    keys = {item.key for work in courier.work for item in work.items}
    courier.dispatcher.tick(NOW + FLIGHT_NS)
    courier.dispatcher.tick(NOW + FLIGHT_NS + SECOND)
    assert len(courier.work) == 4
    assert {item.key for work in courier.work for item in work.items} == keys
    courier.dispatcher.heard(Done(number=0), NOW + FLIGHT_NS + SECOND)  # started anew
    courier.dispatcher.tick(NOW + FLIGHT_NS + 4 * SECOND)
    assert len(courier.work) == 6


def test_a_late_answer_to_what_was_given_up_changes_nothing(courier: Courier) -> None:
    courier.outbox.enqueue(other(1), now=NOW)
    courier.dispatcher.tick(NOW)
    number = courier.work[0].number
    courier.dispatcher.tick(NOW + FLIGHT_NS)
    courier.dispatcher.heard(Done(number=number, results=(OK,)), NOW + FLIGHT_NS)
    assert courier.dispatcher.delivered == 0


def test_a_courier_that_takes_nothing_costs_nothing(courier: Courier) -> None:
    courier.outbox.enqueue(other(1), now=NOW)
    courier.takes = False
    courier.dispatcher.tick(NOW)
    assert not courier.dispatcher.busy
    courier.takes = True
    courier.dispatcher.tick(NOW)
    assert len(courier.work) == 2


def test_a_sink_that_fails_is_left_alone_then_tried_with_one(courier: Courier) -> None:
    for n in range(9):
        courier.outbox.enqueue(other(n), now=NOW)
    now = NOW
    for _ in range(BREAKER_FAILURES):
        courier.dispatcher.tick(now)
        courier.answer(Result(LATER, "refused"), now=now)
        now += MINUTE
    now -= MINUTE
    assert courier.dispatcher.resting(now) == ("es",)
    courier.dispatcher.tick(now + REST_NS - 1)
    assert [work for work in courier.work if work.sink == "es"] == []
    courier.dispatcher.tick(now + REST_NS)
    assert len(courier.work[-1].items) == 1
    courier.answer(OK, now=now + REST_NS)
    courier.dispatcher.tick(now + 2 * MINUTE)
    assert len(courier.work[-1].items) == 8


def test_what_is_too_large_is_a_dead_letter(courier: Courier) -> None:
    courier.outbox.enqueue(other(1, detail="x" * MAX_BODY_BYTES), now=NOW)
    courier.dispatcher.tick(NOW)
    assert (courier.work, courier.dispatcher.dead) == ([], 2)


def test_over_syslog_other_formats_are_messages() -> None:
    cef = formatted(Sink(name="s", kind="syslog", format="cef", facility=16), FULL)
    assert b" - CEF:0|" in cef
    assert formatted(Sink(name="s", kind="syslog", facility=16), FULL).startswith(b"<131>1 ")


def test_at_random_everything_arrives_and_every_second_time_under_its_key(tmp_path: Path) -> None:
    """Couriers that die, lose answers, deliver without saying so: each alert arrives, known by its key."""
    chance = random.Random(7)
    courier = Courier(tmp_path / "alerts.db", Sink(name="file", kind="file"))
    for n in range(60):
        courier.outbox.enqueue(other(n), now=NOW)
    arrived: list[str] = []
    now = NOW
    for _ in range(4000):
        if not courier.outbox.waiting:
            break
        courier.dispatcher.tick(now)
        if courier.work:
            work, fate = courier.work.pop(), chance.random()
            cut = chance.randint(0, len(work.items))
            arrived += [item.key for item in work.items[:cut]]
            if fate < 0.3:
                courier.dispatcher.heard(Done(number=0), now)
            elif fate < 0.6:
                results = tuple(OK if n < cut else Result(LATER, "x") for n in range(len(work.items)))
                courier.dispatcher.heard(Done(number=work.number, results=results), now)
        now += chance.randint(1, 100) * SECOND
    assert courier.outbox.waiting == 0
    assert len(set(arrived)) == 60
    courier.outbox.close()
