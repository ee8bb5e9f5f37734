"""From a feed over a real socket to counters, and on after the daemon had gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from procwire.api.client import ApiError, Client
from procwire.metrics import collect as room
from procwire.metrics.collect import Collector
from procwire.model.finding import Finding
from tests.api.serving import Engine, Served, flow_of
from tests.lab import wait_for


def value(collector: Collector, name: str) -> float:
    return sum(next(one.samples for one in collector.families() if one.name == f"procwire_{name}").values())


@contextmanager
def collecting(path: str) -> Iterator[Collector]:
    collector = Collector(lambda: Client(path, program="test"))
    thread = threading.Thread(target=collector.run)
    thread.start()
    try:
        assert collector.connected.wait(60)
        yield collector
    finally:
        collector.stop()
        thread.join()


def end_one(engine: Engine, number: int, sent: int) -> None:
    flow = flow_of(number, bytes_out=sent)
    flow.ended = "fin"
    with engine.lock:
        engine.book.told("end", flow)


def test_what_happens_is_counted_from_now_on(tmp_path: Path) -> None:
    engine = Engine()
    engine.flows = [flow_of(1, bytes_out=1000)]
    running = Served(engine, tmp_path / "s")
    try:
        with collecting(running.path) as collector:
            wait_for(lambda: value(collector, "open_flows") == 1, what="the flow that is there")
            base = value(collector, "flow_bytes")
            assert base == 0
            end_one(engine, 2, 70)
            wait_for(lambda: value(collector, "flows") == 1, what="the flow that ended")
            assert value(collector, "flow_bytes") >= 70
            wait_for(lambda: value(collector, "health") == 7, what="health")
            with engine.lock:
                engine.book.found(Finding(time=1, detector="x", title="t", severity="low", detail="d"))
            wait_for(lambda: value(collector, "findings") == 1, what="the finding")
            taken = collector.findings()
            assert [row["detector"] for _, row in taken] == ["x"]
            assert collector.findings() == []
            collector.put_back(taken)
            assert collector.findings() == taken
            assert value(collector, "up") == 1
    finally:
        running.stop()


def test_a_daemon_that_went_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "AGAIN", (0.05, 0.1))
    running = Served(Engine(), tmp_path / "s")
    with collecting(running.path) as collector:
        running.stop()
        wait_for(lambda: value(collector, "up") == 0, what="its absence")
        wait_for(lambda: "no daemon" in collector.problem, what="the reason")
        engine = Engine()
        running = Served(engine, tmp_path / "s")
        try:
            wait_for(lambda: value(collector, "up") == 1, what="its return")
            assert value(collector, "reconnects") == 1
            end_one(engine, 3, 5)
            wait_for(lambda: value(collector, "flows") == 1, what="an event")
        finally:
            running.stop()


def test_without_a_daemon_it_does_not_begin(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="no daemon listens there"):
        Collector(lambda: Client(str(tmp_path / "none"))).run()
