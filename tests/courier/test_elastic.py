"""The bulk API: every item has its own fate."""

from __future__ import annotations

import json

from procwire.courier.elastic import Elastic
from procwire.model.sink import LATER, OK, REFUSED, Result, Sink
from tests.courier.servers import HttpSink, bulk_answer, item


def answered(*items: object) -> tuple[int, bytes, dict[str, str]]:
    return 200, json.dumps({"errors": True, "items": list(items)}).encode(), {}


def carried(answer: object, count: int, **fields: str) -> tuple[list[Result], HttpSink]:
    with HttpSink(answer) as sink:
        elastic = Elastic(sink.post("/es/"), Sink(name="e", kind="elasticsearch", **fields), "s3cret")  # type: ignore[arg-type]
        found = elastic.carry([item(n) for n in range(count)])
        elastic.abort()
    return found, sink


def test_documents_with_ids_of_their_own() -> None:
    found, sink = carried(bulk_answer, 2, index="alerts-{day}")
    assert found == [OK, OK]
    path, headers, body = sink.seen[0]
    assert (path, headers["Authorization"]) == ("/es/_bulk", "ApiKey s3cret")
    lines = [json.loads(line) for line in body.splitlines()]
    assert lines[0] == {"create": {"_index": "alerts-2026.09.21", "_id": "key-0"}}
    assert lines[1] == {"n": 1}
    assert carried(bulk_answer, 1, user="elastic")[1].seen[0][1]["Authorization"].startswith("Basic ")


def test_each_item_has_its_own_fate() -> None:
    bad = {"type": "mapper_parsing_exception", "reason": "x"}
    found, _ = carried(
        answered(
            {"create": {"status": 201}}, {"create": {"status": 409}}, {"create": {"status": 429}},
            {"create": {"status": 400, "error": bad}}, {"create": {}},
        ),
        5,
    )  # fmt: skip
    assert [one.state for one in found] == ["delivered", "delivered", LATER, REFUSED, LATER]
    assert found[3].reason == "HTTP 400: mapper_parsing_exception: x"


def test_answers_that_make_no_sense_are_tried_again() -> None:
    for answer in (503, (200, b"<html>", {}), (200, b"[]", {}), answered({"create": {"status": 201}})):
        assert [one.state for one in carried(answer, 2)[0]] == [LATER, LATER]
