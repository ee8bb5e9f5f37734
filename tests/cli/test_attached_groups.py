"""Groups of a daemon's flows: the same sums as those of a watch of one's own."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.api.client import Feeding
from procwire.api.messages import Event
from procwire.cli.attached_groups import COLUMNS, NAMES, Grouped
from procwire.cli.main import main
from procwire.cli.output.groups import KEYS, Groups
from procwire.model.flow import Flow
from procwire.model.frames import INBOUND
from procwire.model.plain import cells, readers
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from tests.api.serving import Engine, Served, flow_of
from tests.cli.output.test_groups import owned
from tests.lab import wait_for
from tests.model.test_tables import a_flow

WORDS = argparse.Namespace(json=True, csv=False, table=False, filter="")


class Client:
    """Begins a feed of the columns that are asked for."""

    def subscribe(self, table: str, _filter: str, columns: tuple[str, ...], *, every: float) -> Feeding:
        assert every
        return Feeding(1, {table: columns})


def several() -> list[Flow]:
    inward, sure = a_flow(), a_flow()
    inward.heading, inward.bytes_in = INBOUND, 5
    sure.app, sure.app_confidence = "tls", "content"
    flows = [a_flow(), inward, sure, owned("curl"), owned("curl"), owned("sshd", container="c1")]
    for number, flow in enumerate(flows, 1):
        flow.number, flow.first, flow.last = number, number * 10**9, number * 10**9 + 500
    return flows


@pytest.mark.parametrize("by", sorted(KEYS))
def test_the_sums_are_a_watchs_own(by: str) -> None:
    assert set(NAMES) == set(KEYS)
    how = readers([FLOWS.column(name) for name in COLUMNS])
    own, far = Groups(by), Grouped(WORDS, by)
    far.begin(Client())  # type: ignore[arg-type]
    for flow in several():
        own.add(FlowRow(flow))
        for event in ("open", "update", "end") if flow.number % 2 else ("update",):
            far.take(Event(id=1, event=event, table="flow", row=cells(FlowRow(flow), how)))
    assert far.rows() == own.rows()
    far.take(Event(id=1, event="now", table="flow", row=[]))
    assert far.rows() == own.rows()


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def running(engine: Engine, tmp_path: Path) -> Iterator[Served]:
    made = Served(engine, tmp_path / "s")
    yield made
    made.stop()


def test_groups_come_at_the_end_with_flows_that_go_on(
    engine: Engine, running: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    def act() -> None:
        wait_for(lambda: any(face.feeds for face in running.desk.faces), what="a feed")
        with engine.lock:
            engine.flows.append(flow_of(1, bytes_out=7))  # goes on
            engine.book.told("open", engine.flows[0])
            over = flow_of(2, bytes_out=5)
            over.ended = "fin"
            engine.book.told("end", over)

    thread = threading.Thread(target=act)
    thread.start()
    code = main(["watch", "--socket", running.path, "--json", "--group", "process", "--for", "3s"])
    thread.join()
    said = capsys.readouterr()
    assert code == 0, said.err
    found = {row["group"]: row["bytes_out"] for row in map(json.loads, said.out.splitlines())}
    assert found == {"p1": 7, "p2": 5}


def test_what_does_not_go_with_groups_is_said(running: Served, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["watch", "--socket", running.path, "--json", "--group", "process", "--every", "1s"]
    assert main(words) == 2
    assert "do not go with --group" in capsys.readouterr().err
