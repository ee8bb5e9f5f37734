"""OTLP's JSON against the published protobuf definitions, and what becomes of a POST."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import msgspec
import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from procwire.metrics import otlp
from procwire.metrics.reason import MetricsError
from procwire.metrics.tally import COUNTER, GAUGE, Family

FAMILIES = [
    Family(name="procwire_flow_bytes", kind=COUNTER, doc="Some.", samples={(("app", "http"),): 3.5}),
    Family(name="procwire_up", kind=GAUGE, doc="One.", samples={(): 1.0}),
    Family(name="procwire_none", kind=GAUGE, doc="None.", samples={}),
]
FINDING = {
    "time": "2026-01-01T00:00:00Z",
    "detector": "beacon",
    "severity": "high",
    "title": "Beacon",
    "flows": ["a"],
}


def parsed(told: dict[str, Any], kind: Any) -> Any:
    """By the published definitions: an unknown field or a wrong type is an error."""
    return json_format.Parse(msgspec.json.encode(told), kind())


def test_metrics_are_what_the_definitions_say() -> None:
    told = parsed(otlp.metrics(FAMILIES, host="box", begun=5, now=9), ExportMetricsServiceRequest)
    (resource,) = told.resource_metrics
    names = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert (names["service.name"], names["host.name"]) == ("procwire", "box")
    total, up = resource.scope_metrics[0].metrics
    assert (total.name, total.sum.is_monotonic, total.sum.aggregation_temporality) == (
        "procwire.flow_bytes",
        True,
        2,
    )
    (point,) = total.sum.data_points
    assert (point.as_double, point.start_time_unix_nano, point.time_unix_nano) == (3.5, 5, 9)
    assert point.attributes[0].value.string_value == "http"
    assert up.gauge.data_points[0].as_double == 1.0


def test_findings_are_log_records() -> None:
    told = parsed(otlp.logs([(7, FINDING)], host="box"), ExportLogsServiceRequest)
    (record,) = told.resource_logs[0].scope_logs[0].log_records
    assert (record.time_unix_nano, record.severity_number, record.severity_text) == (7, 17, "high")
    assert record.body.string_value == "Beacon"
    said = {one.key: one.value.string_value for one in record.attributes}
    assert said["procwire.flows"] == '["a"]'


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Answers as it is told, and keeps what it heard."""

    status: ClassVar[int] = 200
    heard: ClassVar[list[tuple[str, str | None, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, self.headers["X-Key"], body))
        self.send_response(self.status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    Endpoint.heard.clear()
    Endpoint.status = 200
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_post_goes_where_the_signal_belongs(endpoint: str) -> None:
    sender = otlp.Sender(f"{endpoint}/otlp/", {"X-Key": "secret"})
    sender.post("logs", {"resourceLogs": []})
    assert Endpoint.heard == [("/otlp/v1/logs", "secret", b'{"resourceLogs":[]}')]


def test_what_is_not_taken_is_said(endpoint: str) -> None:
    Endpoint.status = 503
    with pytest.raises(MetricsError, match=r"/v1/metrics: 503 Service Unavailable"):
        otlp.Sender(endpoint).post("metrics", {})
    with pytest.raises(MetricsError, match="refused"):
        otlp.Sender("http://127.0.0.1:1").post("metrics", {})
    with pytest.raises(MetricsError, match="not an address"):
        otlp.Sender("127.0.0.1:4318")
