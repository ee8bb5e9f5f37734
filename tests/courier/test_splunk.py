"""The HTTP Event Collector."""

from __future__ import annotations

import json

from procwire.courier.splunk import Splunk
from procwire.model.sink import LATER, OK, REFUSED, Sink
from tests.courier.servers import HttpSink, item

GOOD: tuple[int, bytes, dict[str, str]] = (200, b'{"text":"Success","code":0}', {})
BAD: tuple[int, bytes, dict[str, str]] = (
    400,
    b'{"text":"Invalid data format","code":6,"invalid-event-number":1}',
    {},
)


def test_events_in_one_post() -> None:
    with HttpSink(GOOD) as sink:
        splunk = Splunk(sink.post("/"), Sink(name="s", kind="splunk", index="main"), "t0ken", is_json=True)
        assert splunk.carry([item(1), item(2)]) == [OK, OK]
        splunk.abort()
    path, headers, body = sink.seen[0]
    assert (path, headers["Authorization"]) == ("/services/collector/event", "Splunk t0ken")
    first = json.loads(body.splitlines()[0])
    assert first == {
        "time": 1790000000.123, "host": "sensor1", "source": "procwire", "sourcetype": "procwire:alert",
        "index": "main", "event": {"n": 1}, "fields": {"idempotency_key": "key-1"},
    }  # fmt: skip


def test_one_bad_event_holds_up_none() -> None:
    with HttpSink(BAD, GOOD, BAD, 503) as sink:
        splunk = Splunk(sink.post("/x"), Sink(name="s", kind="splunk"), "t", is_json=False)
        assert [one.state for one in splunk.carry([item(1), item(2)])] == ["delivered", REFUSED]
        assert [one.state for one in splunk.carry([item(3)])] == [LATER]
        splunk.abort()
    assert sink.seen[0][0] == "/x"
    assert json.loads(sink.seen[1][2])["event"] == '{"n":1}'
