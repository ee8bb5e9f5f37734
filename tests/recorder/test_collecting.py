"""What is summed up of flows and packets."""

from __future__ import annotations

import pytest

from procwire.model.finding import Finding
from procwire.model.flow import Flow
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.recorder import collecting
from procwire.recorder.collecting import Collector, Facts


def test_accounts_by_what_is_known() -> None:
    facts = Facts()
    owner = Owner(process=ProcessRef(pid=7, start=1, name="curl", ancestors=("sh:6",)), confidence=EXACT)
    for known in (owner, None, owner):
        flow = Flow()
        flow.owner, flow.packets_out, flow.bytes_in = known, 2, 10
        facts.ended(flow)
    told = [table for _, table in facts.tables(lambda _: None, {})]
    assert [(each["flows"], each["packets"]) for each in told if "account" in each] == [
        (2, 4),
        (1, 2),
        (0, 0),
    ]
    process, parent = [each for each in told if each["schema"] == "procwire.incident_process/1"]
    names = ("flows", "bytes", "process", "ancestors", "ppid", "known_by")
    assert [process[name] for name in names] == [2, 20, "curl", ["sh:6"], 6, "flow"]
    assert (parent["pid"], parent["process"], parent["known_by"], parent["flows"]) == (6, "sh", "child", 0)


def test_a_first_reading_only_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    collector = Collector(lambda name, _: written.append(name), lambda row: row.flow.number == 2)
    for number in (1, 2):
        flow = Flow()
        flow.number = number
        collector.opened(flow)
        collector.ended(flow)
    assert (collector.wanted, written) == ({2}, [])
    monkeypatch.setattr(collecting, "MAX_FLOWS", 2)
    collector.opened(Flow())
    assert collector.unkept == 1
    collector.found(Finding(time=1, detector="d", title="t", severity="low", detail="x"))
    assert written == ["findings.ndjson"]
