"""A carrier for each kind of sink."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from procwire.courier.carriers import carriers
from procwire.courier.contract import CourierError
from procwire.model.sink import KINDS, Sink


def test_every_kind(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(journal))
        sinks = [
            Sink(name="stdout", kind="stdout"),
            Sink(name="file", kind="file", path=str(tmp_path / "a")),
            Sink(name="journald", kind="journald", path=str(journal)),
            Sink(name="syslog", kind="syslog", host="127.0.0.1", port=514, transport="tls"),
            Sink(name="udp", kind="syslog", host="127.0.0.1", port=514, transport="udp"),
            Sink(name="webhook", kind="webhook", url="https://hook.example/"),
            Sink(name="smtp", kind="smtp", host="mail", port=25, transport="starttls"),
            Sink(name="splunk", kind="splunk", url="https://splunk:8088"),
            Sink(name="elasticsearch", kind="elasticsearch", url="http://es:9200"),
            Sink(name="nats", kind="nats", host="nats", port=4222),
            Sink(name="powerbi", kind="powerbi", url="https://api/beta"),
        ]
        made, hosts = carriers(sinks)
    assert set(made) == {sink.name for sink in sinks}
    assert {sink.kind for sink in sinks} == set(KINDS)
    assert hosts.ports == (25, 443, 514, 4222, 8088, 9200)
    made["file"].close()  # type: ignore[attr-defined]
    made["journald"]._socket.close()  # type: ignore[attr-defined]


def test_what_cannot_be(tmp_path: Path) -> None:
    for sink, reason in (
        (Sink(name="x", kind="webhook", url="nonsense"), "sink x: its URL"),
        (Sink(name="x", kind="syslog", host="a", port=1, transport="tls", ca=str(tmp_path)), "sink x: "),
        (Sink(name="x", kind="file", path=str(tmp_path)), "sink x: "),
    ):
        with pytest.raises(CourierError, match=reason):
            carriers([sink])
