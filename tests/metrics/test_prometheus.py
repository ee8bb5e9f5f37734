"""The exposition format, as prometheus_client's own parser and a scrape over HTTP read it."""

from __future__ import annotations

import sys
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from procwire.metrics import prometheus
from procwire.metrics.reason import MetricsError
from procwire.metrics.tally import COUNTER, GAUGE, Family

FAMILIES = [
    Family(name="procwire_x", kind=COUNTER, doc="Some.", samples={(("app", 'a"\\\n'), ("side", "in")): 3.0}),
    Family(name="procwire_y", kind=GAUGE, doc="One.", samples={(): 1.0}),
    Family(name="procwire_z", kind=GAUGE, doc="None.", samples={}),
]


def test_text_reads_back() -> None:
    said = prometheus.text(lambda: FAMILIES).decode()
    found = {one.name: one for one in text_string_to_metric_families(said)}
    sample = found["procwire_x"].samples[0]
    assert (sample.name, sample.labels, sample.value) == (
        "procwire_x_total",
        {"app": 'a"\\\n', "side": "in"},
        3.0,
    )
    assert found["procwire_y"].samples[0].value == 1.0
    assert found["procwire_z"].samples == []


def test_a_scrape_asks_anew() -> None:
    asked = []

    def read() -> list[Family]:
        asked.append(1)
        return FAMILIES

    server = prometheus.serve(read, "127.0.0.1", 0)
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}/metrics"
        for _ in range(2):
            with urllib.request.urlopen(address, timeout=60) as answer:
                assert b"procwire_y 1.0" in answer.read()
    finally:
        server.shutdown()
        server.server_close()
    assert len(asked) == 2


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(MetricsError, match=r"procwire\[metrics\]"):
        prometheus.library()
