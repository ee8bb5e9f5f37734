"""Sessions that were running already when they were first seen: real captures without their beginnings."""

from __future__ import annotations

from pathlib import Path

import dpkt
import pytest

from tests.scenes.lines import Line, lines_of
from tests.scenes.scenes import VECTORS


def without_beginning(name: str, dropped: int, target: Path) -> Path:
    """The first flow of a capture, without as many of its segments as carry data, and all before them."""
    with (VECTORS / name / "session.pcap").open("rb") as source, target.open("wb") as sink:
        reader = dpkt.pcap.Reader(source)
        writer = dpkt.pcap.Writer(sink, nano=True)
        ports: set[int] = set()
        for time, frame in reader:
            segment = dpkt.ethernet.Ethernet(frame).data.data
            if not isinstance(segment, dpkt.tcp.TCP):
                continue
            ports = ports or {segment.sport, segment.dport}
            if {segment.sport, segment.dport} != ports:
                continue
            if dropped <= 0:
                writer.writepkt(frame, time)
            dropped -= bool(segment.data)
    return target


def told(name: str, dropped: int, folder: Path) -> list[Line]:
    lines = lines_of(without_beginning(name, dropped, folder / "cut.pcap"))
    (flow,) = [line for line in lines if line["table"] == "flow"]
    assert (flow["app"], flow["app_confidence"]) == (name, "content"), flow
    return [line for line in lines if line["table"] == name]


@pytest.mark.parametrize(
    ("name", "dropped", "table", "wanted"),
    [
        ("postgresql", 8, "query", "select * from pets where legs > 3"),
        ("mysql", 5, "query", "select * from pets"),
        ("mqtt", 4, "topic", "zoo/cat"),
        ("amqp", 7, "name", "zoo"),
        ("nats", 5, "subject", "zoo.cat"),
        ("opcua", 6, "service", "ActivateSessionRequest"),
        ("kafka", 4, "api", "SaslAuthenticate"),
        ("modbus", 2, "function", "read-coils"),
        ("s7comm", 4, "function", "write"),
        ("iec104", 2, "type", "C_SC_NA_1"),
        ("dnp3", 4, "function", "direct-operate"),
        ("tds", 4, "query", "select nothing from nowhere"),
        ("memcached", 2, "command", "get"),
    ],
)
def test_session_is_recognised_in_its_middle(
    name: str, dropped: int, table: str, wanted: str, tmp_path: Path
) -> None:
    lines = told(name, dropped, tmp_path)
    assert wanted in {line.get(table) for line in lines}


def test_answers_are_matched_again(tmp_path: Path) -> None:
    results = [line for line in told("postgresql", 8, tmp_path) if line["message"] == "result"]
    assert any(line.get("latency") and line.get("query") for line in results)
    results = [line for line in told("mysql", 5, tmp_path) if line["message"] == "result"]
    assert any(line.get("latency") and line.get("query") for line in results)
