"""A watch through a daemon: the same lines as one of its own, from a desk in this process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from procwire.api.messages import Event
from procwire.cli import attached
from procwire.cli.attached import Picture
from procwire.cli.main import main
from procwire.cli.output.observations import CORE_NAMES
from procwire.engine.api import tables
from procwire.model.finding import Finding
from procwire.model.observation import Upgraded
from procwire.model.plain import fields, readers
from procwire.model.rows import FlowRow
from procwire.model.streams import Direction
from procwire.model.tables import FLOWS
from tests.api.serving import Engine, Served, flow_of
from tests.lab import wait_for


@pytest.fixture(scope="module")
def kinds() -> list[Any]:
    return [table for table in tables() if table.name not in CORE_NAMES]


@pytest.fixture
def engine(kinds: list[Any]) -> Engine:
    return Engine(kinds)


@pytest.fixture
def running(engine: Engine, tmp_path: Path) -> Iterator[Served]:
    made = Served(engine, tmp_path / "s")
    yield made
    made.stop()


def watched(engine: Engine, running: Served, then: Callable[[], None], *words: str) -> int:
    """Run ``watch --attach`` until what ``then`` does, once it listens, is with it."""

    before = running.gate.last

    def act() -> None:
        faces = running.desk
        wait_for(lambda: any(face.feeds for face in faces.faces if face.number > before), what="a feed")
        with engine.lock:
            then()

    thread = threading.Thread(target=act)
    thread.start()
    try:
        return main(["watch", "--socket", running.path, "--for", "1s", *words])
    finally:
        thread.join()


def test_lines_of_flows_are_a_watchs_own(
    engine: Engine, running: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    flow, other = flow_of(1), flow_of(2)

    def then() -> None:
        for each in (flow, other):
            engine.book.told("open", each)
        flow.ended = "fin"
        engine.book.told("end", flow)

    assert watched(engine, running, then, "--json", "--filter", "pid == 101") == 0
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    wanted = fields(FlowRow(flow), readers(FLOWS), {"schema": "procwire.flow/1"})
    assert [line.pop("event") for line in lines] == ["open", "end"]
    assert lines[1] == wanted
    assert f"watching through {running.path}\n" in said.err


def test_observations_and_findings(
    engine: Engine, running: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    def then() -> None:
        engine.book.observed(flow_of(1), Upgraded(time=1, side=Direction.OUT, hint="tls"))
        engine.book.found(Finding(time=1, detector="scan", title="t", severity="low", detail="d"))

    watched(engine, running, then, "--json", "--observations", "--filter", "hint == tls")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["schema"] == "procwire.upgrade/1"
    assert json.loads(line)["process"] == "p1"
    watched(engine, running, then, "--observations", "upgrade,announced")
    assert "hint=tls" in capsys.readouterr().out
    watched(engine, running, then, "--observations", "announced,http")
    assert "hint" not in capsys.readouterr().out
    watched(engine, running, then, "--findings", "--csv")
    assert "scan" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--filter", "bytez > 3"), 2, "bytez"),
        (("--interface", "eth0"), 2, "--interface does not go with a daemon's watch"),
        (("--findings", "scan"), 2, "--findings names no detectors here"),
    ],
)
def test_what_cannot_be_is_said(
    running: Served, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    assert main(["watch", "--json", "--socket", running.path, *words]) == code
    assert said in capsys.readouterr().err


def test_no_daemon_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", "--socket", str(tmp_path / "no")]) == 1
    assert "no daemon listens there" in capsys.readouterr().err


def test_a_picture_ranks_what_it_was_told() -> None:
    arguments: Any = type("A", (), {"filter": ""})
    picture = Picture(arguments)
    picture._columns = ("flow_id", "bytes_out", "bytes_in", "state")
    client: Any = type(
        "C", (), {"health": lambda _: [{"part": "flows", "name": "open", "amount": 2}], "lost": {1: 3}}
    )()
    for name, size, state in (("a", 10, "established"), ("b", 90, "closed"), ("c", 5, "established")):
        picture.take(Event(id=1, event="open", row=[name, size, 0, state]))
    picture.take(Event(id=1, event="now"))
    picture.take(Event(id=1, event="end", row=["c", 5, 0, "closed"]))
    picture.take(Event(id=1, event="update", row=["c", 6, 0, "closed"]))  # late: it is over
    shown: list[Any] = []
    picture._live.show = lambda rows, footer="": shown.append((list(rows), footer))  # type: ignore[method-assign]
    picture.turn(client)
    picture.take(Event(id=1, event="update", row=["a", 500, 0, "established"]))
    picture._painted -= attached.REFRESH_SECONDS
    picture.turn(client)
    rows, footer = shown[1]
    assert [row["flow_id"] for row in rows] == ["a", "b", "c"]
    assert picture._rate(rows[0]).endswith("B/s")
    assert [picture._rate(row) for row in rows[1:]] == ["ended", "ended"]
    assert footer.startswith("2 flows open, 0 in all, 0 dropped by the kernel, 3 events lost")
