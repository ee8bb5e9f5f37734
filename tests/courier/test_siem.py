"""From the outbox to services that check what they are sent, fail in every way, and in part."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from procwire.alerts.dispatch import Dispatcher
from procwire.alerts.outbox import Outbox, Rules
from procwire.courier.contract import Carrier, failed
from procwire.courier.elastic import Elastic
from procwire.courier.http import Post
from procwire.courier.powerbi import PowerBi
from procwire.courier.splunk import ASKED, Splunk
from procwire.model.sink import DELIVERED, LATER, REFUSED, Done, Item, Result, Sink, Work
from tests.alerts.samples import NOW, SECOND
from tests.alerts.test_outbox import other
from tests.courier.servers import item
from tests.courier.siem import Bulk, Collector, Rows, Service

KINDS: dict[str, tuple[type[Service], Callable[[Post, Sink], Carrier]]] = {
    "splunk": (Collector, lambda post, sink: splunk(post=post, sink=sink)),
    "elasticsearch": (Bulk, lambda post, sink: Elastic(post, sink, "")),
    "powerbi": (Rows, lambda post, _: PowerBi(post)),
}
# What a service does before it does as it should: nothing at all, half of it, or something else.
TROUBLE: tuple[Any, ...] = (
    "stall", "reset", "close", (503, b'{"text":"Server is busy","code":9}', {}),
    (429, b"", {"Retry-After": "2"}), (200, b"<html>a proxy's page</html>", {"Content-Type": "text/html"}),
    502, "reset",
)  # fmt: skip


def splunk(post: Post, sink: Sink, token: str = Collector.TOKEN, *, is_json: bool = True) -> Splunk:
    return Splunk(post, sink, token, is_json=is_json, pause=lambda _: None)


def carry(carrier: Carrier, items: tuple[Item, ...]) -> list[Result]:
    """As the courier's worker has it."""
    try:
        return carrier.carry(items)
    except Exception as error:
        return [failed(error)] * len(items)


class Road:
    """Outbox, dispatcher and carrier, in time that is made here."""

    def __init__(self, path: Path, sink: Sink, carrier: Carrier) -> None:
        self.outbox = Outbox(path, {sink.name: "info"}, Rules(rate=10**6))
        self.now = NOW
        self.sent: list[Work] = []
        self._carrier = carrier
        self.dispatcher = Dispatcher(self.outbox, [sink], self._send, random.Random(5).random)

    def run(self, most: int = 400) -> None:
        """Until nothing waits."""
        for _ in range(most):
            if not self.outbox.waiting:
                return
            self.dispatcher.tick(self.now)
            while self.sent:
                work = self.sent.pop()
                results = carry(self._carrier, work.items)
                self.dispatcher.heard(Done(number=work.number, results=tuple(results)), self.now)
            self.now += 10 * SECOND
        raise AssertionError("something waits still")

    def _send(self, work: Work) -> bool:
        self.sent.append(work)
        return True


@pytest.fixture
def roads(tmp_path: Path) -> Iterator[Callable[..., Road]]:
    made: list[Road] = []

    def make(kind: str, service: Service, **more: Any) -> Road:
        sink = Sink(name="s", kind=kind, **more)
        carrier = KINDS[kind][1](service.post(timeout=0.3), sink)
        road = Road(tmp_path / "alerts.db", sink, carrier)
        made.append(road)
        return road

    yield make
    for road in made:
        road.outbox.close()


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_service_does_all_arrive_and_doubles_are_known(
    kind: str, roads: Callable[..., Road]
) -> None:
    with KINDS[kind][0](*TROUBLE) as service:
        road = roads(kind, service)
        for n in range(60):
            road.outbox.enqueue(other(n), now=NOW)
        road.run()
    assert service.wrong == []
    assert len(service.stored) == 60
    assert road.dispatcher.dead == 0
    assert road.dispatcher.failures >= len(TROUBLE)


def test_elasticsearch_is_sent_again_only_what_failed(roads: Callable[..., Road]) -> None:
    with Bulk() as service:
        road = roads("elasticsearch", service)
        for n in range(50):
            road.outbox.enqueue(other(n), now=NOW)
        keys = [job.key for job in road.outbox.due("s", now=NOW, most=50)]
        service.busy.update(keys[:5] * 2)
        service.unmapped.update(keys[5:7])
        road.run()
        asked = [body.count(b"\n") // 2 for _, _, body in service.sink.seen]
    assert asked[0] == 50
    assert sum(asked) == 50 + 5 + 5
    assert len(service.stored) == 48
    assert set(service.times.values()) == {1}
    assert road.dispatcher.dead == 2


def test_elasticsearch_that_took_it_and_did_not_say_so(roads: Callable[..., Road]) -> None:
    """The connection ends after the documents are there: the second time is a conflict, and counts."""
    with Bulk() as service:
        service.sink.answers[:0] = [lambda body: (service.answer(body), "reset")[1]]
        road = roads("elasticsearch", service)
        for n in range(10):
            road.outbox.enqueue(other(n), now=NOW)
        road.run()
    assert set(service.times.values()) == {1}
    assert (len(service.stored), road.dispatcher.delivered, road.dispatcher.dead) == (10, 10, 0)


@pytest.mark.parametrize("kind", ["elasticsearch", "splunk", "powerbi"])
def test_one_that_is_refused_holds_up_none(kind: str) -> None:
    good = b'{"@timestamp":"2026-09-21T12:00:00Z","id":"%d"}'
    bad = {"elasticsearch": b'{"@timestamp":"' + b"x" * 210_000 + b'"}', "splunk": b'""',
           "powerbi": b'{"id":"9","deep":{}}'}[kind]  # fmt: skip
    with KINDS[kind][0]() as service:
        carrier = KINDS[kind][1](service.post(), Sink(name="s", kind=kind))
        items = [item(1, good % 1), item(2, bad), item(3, good % 3)]
        states = [result.state for result in carrier.carry(items)]
        carrier.abort()
    assert states == [DELIVERED, REFUSED, DELIVERED]
    assert len(service.stored) == 2


def test_the_collector_is_told_what_it_wants() -> None:
    with Collector() as service:
        good = splunk(service.post(), Sink(name="s", kind="splunk", index="security"))
        text = splunk(service.post(), Sink(name="s", kind="splunk"), is_json=False)
        assert carry(good, (item(1), item(2))) == [Result(DELIVERED)] * 2
        assert carry(text, (item(3, b"CEF:0|a|b"),)) == [Result(DELIVERED)]
        assert service.wrong == []
        assert service.stored["key-1"]["time"] == 1790000000.123
        assert service.stored["key-3"]["event"] == "CEF:0|a|b"
        for wrong, code in ((("none", ""), 2), (("none", "odd"), 4)):
            (result,) = carry(splunk(service.post(), Sink(name="s", kind="splunk"), wrong[1]), (item(4),))
            assert (result.state, f'"code": {code}' in result.reason) == (LATER, True)


def test_an_index_that_does_not_exist_is_the_operators_to_mend() -> None:
    with Collector() as service:
        carrier = splunk(service.post(), Sink(name="s", kind="splunk", index="nowhere"))
        results = carry(carrier, (item(1), item(2)))
        carrier.abort()
    assert [result.state for result in results] == [LATER, LATER]
    assert len(service.sink.seen) == 1


def test_what_the_collector_acknowledges_is_delivered() -> None:
    with Collector(acknowledges=3) as service:
        carrier = splunk(service.post(), Sink(name="s", kind="splunk"))
        assert carry(carrier, (item(1), item(2))) == [Result(DELIVERED)] * 2
        assert carry(carrier, (item(3),)) == [Result(DELIVERED)]
        assert service.wrong == []
        asked = [path for path, _, _ in service.sink.seen if "/ack?" in path]
        carrier.abort()
    assert len(asked) == 8


def test_what_it_does_not_acknowledge_is_sent_again_under_its_key() -> None:
    with Collector(acknowledges=ASKED) as service:
        carrier = splunk(service.post(), Sink(name="s", kind="splunk"))
        (result,) = carry(carrier, (item(1),))
        assert (result.state, result.reason) == (LATER, "the collector did not acknowledge what it took")
        service.acknowledges = 0
        assert carry(carrier, (item(1),)) == [Result(DELIVERED)]
        carrier.abort()
    assert service.times == {"key-1": 2}


def test_a_question_after_the_acknowledgement_that_fails_is_asked_again() -> None:
    with Collector(acknowledges=0) as service:
        service.sink.answers[:0] = [service.answer, 503]
        carrier = splunk(service.post(), Sink(name="s", kind="splunk"))
        assert carry(carrier, (item(1),)) == [Result(DELIVERED)]
        carrier.abort()
