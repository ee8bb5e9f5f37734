"""Sinks, as configured."""

from __future__ import annotations

from procwire.model.sink import Sink


def test_usual_formats_and_batches() -> None:
    shapes = {kind: Sink(name="x", kind=kind).shape for kind in ("webhook", "syslog", "elasticsearch")}
    assert shapes == {"webhook": "json", "syslog": "syslog", "elasticsearch": "ecs"}
    assert (Sink(name="x", kind="webhook").batch, Sink(name="x", kind="file").batch) == (1, 100)
    assert Sink(name="x", kind="file", format="csv").shape == "csv"
