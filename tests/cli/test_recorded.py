"""A capture file as the terminal sees it."""

from __future__ import annotations

import argparse

import pytest

from procwire.cli.detecting import Detecting
from procwire.cli.recorded import Recorded
from procwire.engine.api import ReadOptions
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.recorder.kin import Kin
from procwire.recorder.opening import Opened
from procwire.recorder.owners import OwnerBook
from procwire.tui.host import HostError, Want
from tests.cli.program import HTTP


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    arguments = argparse.Namespace(findings=None, thresholds=[], rules=[])
    found = Recorded(ReadOptions(paths=(str(HTTP),), workers=1), Detecting(arguments))
    found.read()
    return found


def test_flows_packets_and_records_are_there(recorded: Recorded) -> None:
    assert recorded.rows(Want(table="flow", columns=("flow_id",), filter="app == http")).total == 10
    assert recorded.rows(Want(table="packet", columns=("number",))).total == 123
    assert recorded.rows(Want(table="http", columns=("status",), filter="status == 404")).total == 1
    assert recorded.span is not None


def test_groups_add_up(recorded: Recorded) -> None:
    rows = recorded.rows(Want(table="group", columns=("group", "flows", "bytes"), by="protocol")).rows
    assert sum(row[1] for row in rows) == recorded.rows(Want(table="flow", columns=())).total


def test_an_earlier_time_has_fewer_flows(recorded: Recorded) -> None:
    assert recorded.span is not None
    first, last = recorded.span
    counts = [
        recorded.rows(Want(table="flow", columns=(), at=at)).total
        for at in (first, (first + last) // 2, last)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[2]
    assert recorded.health(first).flows == counts[0]


def test_a_packet_has_its_layers(recorded: Recorded) -> None:
    frame = recorded.packet(2)
    assert [layer.name for layer in frame.layers] == ["eth", "ip", "tcp"]
    assert len(frame.data) == 74
    with pytest.raises(HostError):
        recorded.packet(99_999)


def test_a_flow_has_its_records_in_order(recorded: Recorded) -> None:
    flow_id = recorded.rows(Want(table="flow", columns=("flow_id",), order="bytes", descending=True)).rows[0][
        0
    ]
    sheet = recorded.flow(flow_id)
    assert sheet.flow["app"] == "http"
    times = [row["time"] for _, row in sheet.seen]
    assert times
    assert times == sorted(times)
    with pytest.raises(HostError):
        recorded.flow("nothing")


def test_a_query_reads_it(recorded: Recorded) -> None:
    assert recorded.query("SELECT count(*) FROM flow WHERE app = 'http'").rows == ((10,),)


def test_open_are_those_that_only_the_end_of_the_recording_ended(recorded: Recorded) -> None:
    ended = [row[0] for row in recorded.rows(Want(table="flow", columns=("ended",))).rows]
    assert recorded.health(None).open_flows == ended.count("capture-end") == 1
    first = min(flow.flow.first for flow in recorded.kept.flows)
    assert recorded.health(first).open_flows == recorded.health(first).flows == 1


def test_bytes_of_interfaces_are_those_of_the_packets(recorded: Recorded) -> None:
    health = recorded.health(None)
    lengths = recorded.rows(Want(table="packet", columns=("length",), limit=1000)).rows
    moved = sum(link.bytes_in + link.bytes_out for link in health.links)
    assert moved == sum(row[0] for row in lengths) == health.bytes


def test_an_incident_has_its_processes() -> None:
    kin = Kin()
    kin.see([{"pid": 6, "start": 1, "process": "sh"}])
    opened = Opened(name="case", packets=str(HTTP), book=OwnerBook(), kin=kin, about="")
    found = Recorded(ReadOptions(paths=(str(HTTP),), workers=1), None, opened)
    found.read()
    ref = ProcessRef(pid=7, start=2, name="curl", ancestors=("sh:6",))
    found.kept.flows[0].flow.owner = Owner(process=ref, confidence=EXACT)
    rows = found.rows(Want(table="process", columns=("pid", "ppid", "process"), order="pid"))
    assert [tuple(row) for row in rows.rows] == [(6, None, "sh"), (7, 6, "curl")]
