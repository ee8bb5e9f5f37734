"""What a watch knew stays as long as an incident could ask for it, and no longer."""

from __future__ import annotations

import json

import pytest

from procwire.dpi.protocols.dns import DnsQuery
from procwire.dpi.registry import registry
from procwire.model.finding import FINDINGS, Finding
from procwire.model.flow import Flow
from procwire.model.rows import NO_CONTEXT
from procwire.model.streams import Direction
from procwire.recorder import noted
from procwire.recorder.noted import Notes, Observed, lines


def flow(number: int, last: int) -> Flow:
    made = Flow()
    made.number, made.last, made.family, made.proto = number, last, 4, 17
    return made


def test_flows_are_known_until_they_are_too_old() -> None:
    notes = Notes(100)
    old, new, going = flow(1, 10), flow(2, 500), flow(3, 20)
    for each in (old, new, going):
        notes.opened(each)
    notes.ended(old)
    notes.ended(new)
    assert notes.since(0).flows == [old, new, going]
    notes.forget(550, 550)
    assert notes.since(0).flows == [new, going]
    assert notes.since(400).flows == [new]


def test_bounds_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noted, "MAX_FLOWS", 1)
    notes = Notes(100)
    notes.opened(flow(1, 1))
    notes.opened(flow(2, 1))
    notes.ended(flow(2, 1))
    assert (len(notes.since(0).flows), notes.since(0).unkept) == (1, 1)


def test_lines_say_what_tables_declare() -> None:
    finding = Finding(time=5, detector="scan", title="t", severity="high", detail="d")
    notes = Notes(100)
    notes.found(finding)
    (line,) = lines(FINDINGS, notes.since(0).findings)
    assert json.loads(line)["schema"] == FINDINGS.schema
    assert json.loads(line)["severity"] == "high"
    query = DnsQuery(
        time=1, side=Direction.OUT, ident=1, opcode="query", query="a.example", query_type="A",
        query_class="IN", size_bytes=30,
    )  # fmt: skip
    (told,) = Observed(registry().tables()).lines([(flow(1, 1), query)], NO_CONTEXT)
    assert json.loads(told) | {"query": "a.example", "flow_id": flow(1, 1).flow_id} == json.loads(told)
