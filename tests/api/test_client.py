"""A face asks over a real socket, and is told what happens."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.api.client import ApiError, Client
from procwire.api.messages import Event, Failed, Hello, pack
from procwire.model.finding import Finding
from procwire.model.plain import fields, readers
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from tests.api.serving import Engine, Served, flow_of, served
from tests.lab import wait_for


@pytest.fixture
def engine() -> Engine:
    made = Engine()
    made.flows = [flow_of(number, bytes_out=number * 10) for number in range(1, 301)]
    return made


@pytest.fixture
def running(engine: Engine, tmp_path: Path) -> Iterator[Served]:
    with served(engine, tmp_path / "s") as made:
        yield made


def test_rows_are_those_of_json(engine: Engine, running: Served) -> None:
    with Client(running.path, program="test") as client:
        assert client.welcome.sees == "all"
        found = client.rows("flow", order=["-bytes_out"], limit=5)
        assert (found.total, found.complete, len(found.rows)) == (300, True, 5)
        wanted = fields(FlowRow(engine.flows[-1]), readers(FLOWS), {})
        assert found.dicts()[0] == wanted
        names = ("pid", "process")
        some = client.rows("flow", names, "bytes_out >= 2990 and proto == tcp", ["pid"])
        assert some.columns == names
        assert some.rows == [[399, "p299"], [400, "p300"]]
        page = client.rows("flow", ["pid"], order=["pid"], limit=2, offset=298)
        assert page.rows == [[399], [400]]
        assert client.health() == [{"part": "capture", "name": "packets", "amount": 7}]


def test_tables_and_one_flow(engine: Engine, running: Served) -> None:
    with Client(running.path) as client:
        names = {table.name: table for table in client.tables()}
        assert {"flow", "observation", "finding", "health"} <= set(names)
        assert names["flow"].feed
        assert [column.name for column in names["flow"].columns] == [column.name for column in FLOWS]
        wanted = engine.flows[7].flow_id
        with engine.lock:
            engine.book.found(
                Finding(time=1, detector="x", title="t", severity="low", detail="d", flows=(wanted,))
            )
        whole = client.flow(wanted)
        assert whole.flow["flow_id"] == wanted
        assert whole.flow["pid"] == 108
        assert [finding["detector"] for finding in whole.findings] == ["x"]
        with pytest.raises(ApiError, match="no flow 0123 is open") as refused:
            client.flow("0123")
        assert refused.value.code == "flow"


def heard(client: Client, count: int) -> list[Event]:
    found: list[Event] = []

    def enough() -> bool:
        found.extend(client.events(0.05))
        return len(found) >= count

    wait_for(enough, what="events")
    return found


def test_a_feed_tells_what_happens(engine: Engine, running: Served) -> None:
    with Client(running.path) as client:
        feed = client.subscribe("flow", "pid > 390", ["pid", "process"], snapshot=True)
        assert feed.columns == {"flow": ("pid", "process")}
        first = heard(client, 11)
        assert [event.row for event in first[:-1]] == [[pid, f"p{pid - 100}"] for pid in range(391, 401)]
        assert (first[-1].event, first[0].event) == ("now", "open")
        with engine.lock:
            engine.book.told("open", flow_of(1))
            new = flow_of(301)
            engine.book.told("open", new)
            new.ended = "fin"
            engine.book.told("end", new)
        assert [(event.event, event.row) for event in heard(client, 2)] == [
            ("open", [401, "p301"]),
            ("end", [401, "p301"]),
        ]
        client.cancel(feed)
        assert client.rows("flow", limit=0).total == 301  # the cancel was read before
        with engine.lock:
            engine.book.told("open", flow_of(302))
        assert client.rows("flow", limit=0).total == 301
        assert not list(client.events(0.0))


def test_updates_are_of_flows_that_changed(engine: Engine, running: Served) -> None:
    with Client(running.path) as client:
        client.subscribe("flow", columns=["pid", "bytes_out"], every=0.5)
        assert len(heard(client, 300)) == 300
        with engine.lock:
            engine.flows[4].last += 10_000_000_000_000
            engine.flows[4].bytes_out = 5
        (event,) = heard(client, 1)
        assert (event.event, event.row) == ("update", [105, 5])


@pytest.mark.parametrize(
    ("table", "filter", "order", "code", "words"),
    [
        ("flwo", "", [], "table", "no table of now is called 'flwo'"),
        ("flow", "bytez > 1", [], "filter", "bytez"),
        ("flow", "", ["-pidd"], "column", "pidd is not a column of flow"),
    ],
)
def test_errors_are_told_as_they_are(
    running: Served, table: str, filter: str, order: list[str], code: str, words: str
) -> None:
    with Client(running.path) as client:
        with pytest.raises(ApiError, match=words) as refused:
            client.rows(table, filter=filter, order=order)
        assert refused.value.code == code
        assert refused.value.hint
        assert client.rows("health").total == 1  # and it goes on


def test_who_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="no daemon listens there") as absent:
        Client(str(tmp_path / "none"))
    assert absent.value.code == "absent"


def test_one_that_ends_is_said_to_have(engine: Engine, tmp_path: Path) -> None:
    with served(engine, tmp_path / "s") as running:
        client = Client(running.path)
    with pytest.raises(ApiError, match="the daemon has ended") as gone:
        client.rows("flow")
    assert gone.value.code == "gone"
    client.close()


def test_another_version_is_refused(running: Served) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(running.path)
        raw.sendall(pack(Hello(99)))
        raw.settimeout(60)
        assert b"version 1" in raw.recv(4096)
        assert raw.recv(4096) == b""


def test_words_that_make_no_sense_end_a_face_alone(running: Served) -> None:
    with Client(running.path) as client, socket.socket(socket.AF_UNIX) as raw:
        raw.connect(running.path)
        raw.settimeout(60)
        raw.sendall(b"\xff\xff\xff\x7f" + os.urandom(64))
        assert Failed.__name__.encode() in raw.recv(4096)
        assert raw.recv(4096) == b""
        assert client.rows("health").total == 1
