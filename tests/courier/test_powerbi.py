"""Rows for Power BI."""

from __future__ import annotations

import json

from procwire.courier.powerbi import PowerBi
from procwire.model.sink import LATER, OK
from tests.courier.servers import HttpSink, item


def test_a_list_of_rows() -> None:
    with HttpSink(200, 429) as sink:
        post = sink.post("/beta/ws/datasets/ds/rows?key=s3cret")
        sender = PowerBi(post)
        assert sender.carry([item(1), item(2)]) == [OK, OK]
        assert [one.state for one in sender.carry([item(3)])] == [LATER]
        sender.abort()
    assert json.loads(sink.seen[0][2]) == [{"n": 1}, {"n": 1}]
    assert sink.seen[0][0].endswith("/rows?key=s3cret")
