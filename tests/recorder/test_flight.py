"""From a trigger to files on the disk: what came before, what comes after, and what lacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from procwire.model.finding import Finding
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.recorder import flight as flights
from procwire.recorder.flight import Flight, Freezer
from procwire.recorder.incident import FLOWS, HEAD, OBSERVATIONS, PACKETS, PROCESSES, Reason
from procwire.recorder.opening import opened
from procwire.recorder.wishes import Track, Wishes
from tests.recorder.taped import HTTP, Taped

SECOND = 10**9
HOUR = 3600 * SECOND


def wishes(directory: Path, **more: Any) -> Wishes:
    return Wishes(
        record=(Track(span_ns=10 * HOUR),), directory=str(directory), before_ns=HOUR, after_ns=SECOND, **more
    )


def flight_of(taped: Taped) -> Flight:
    assert taped.keeping.flight is not None
    return taped.keeping.flight


def head_of(path: Path) -> dict[str, Any]:
    (found,) = path.glob(f"*/{HEAD}")
    told: dict[str, Any] = json.loads(found.read_bytes())
    return told


def frozen(taped: Taped, *reasons: Reason) -> None:
    taped.play()
    for reason in reasons:
        flight_of(taped).freeze(reason)
    taped.keeping.tick(taped.now)


def test_a_trigger_keeps_packets_and_what_was_known(tmp_path: Path) -> None:
    taped = Taped(wishes(tmp_path))
    frozen(taped, Reason(time=5, kind="signal"))
    taped.keeping.tick(taped.now + 10 * SECOND)
    flight_of(taped)._scribe.settle()
    head = head_of(tmp_path)
    assert (head["state"], head["packets"], head["dropped"], head["lacking"]) == (
        "frozen",
        taped.packets,
        {},
        [],
    )
    (place,) = tmp_path.iterdir()
    again = Taped(Wishes(), place / PACKETS)
    again.play()
    assert again.packets == taped.packets
    assert [flow.flow_id for flow in again.flows] == [flow.flow_id for flow in taped.flows]
    told = [json.loads(line) for line in (place / FLOWS).read_bytes().splitlines()]
    assert [flow["flow_id"] for flow in told] == [flow.flow_id for flow in taped.flows]
    assert b"procwire.http/1" in (place / OBSERVATIONS).read_bytes()
    taped.keeping.close(taped.now)


def test_the_same_again_prolongs_and_another_begins_its_own(tmp_path: Path) -> None:
    taped = Taped(wishes(tmp_path))
    finding = Reason(time=taped.now, kind="finding", name="scan", severity="high", detail="x")
    frozen(taped, Reason(time=5, kind="signal"), finding, Reason(time=6, kind="signal"))
    flight = flight_of(taped)
    taped.keeping.close(taped.now)
    assert [(each.kind, each.triggers) for each in flight.frozen] == [
        (("signal", ""), 2),
        (("finding", "scan"), 1),
    ]
    assert len(list(tmp_path.glob(f"*/{PACKETS}"))) == 2
    assert all("ended before" in each.lacking[0] for each in flight.frozen)


def test_too_many_at_once_are_refused_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "MAX_OPEN", 1)
    taped = Taped(wishes(tmp_path))
    frozen(taped, Reason(time=5, kind="signal"), Reason(time=5, kind="command"))
    taped.keeping.close(taped.now)
    assert (len(flight_of(taped).frozen), flight_of(taped).refused) == (1, 1)


def test_beyond_the_quota_packets_are_counted_as_lost(tmp_path: Path) -> None:
    taped = Taped(wishes(tmp_path, quota_bytes=2000))
    frozen(taped, Reason(time=5, kind="signal"))
    taped.keeping.close(taped.now)
    head = head_of(tmp_path)
    assert head["dropped"] == {"over the quota": taped.packets}
    assert head["packets"] == 0


def test_bounds_that_do_not_reach_back_are_said(tmp_path: Path) -> None:
    taped = Taped(Wishes(record=(Track(packets=1),), directory=str(tmp_path), before_ns=HOUR, after_ns=1))
    frozen(taped, Reason(time=5, kind="signal"))
    flight_of(taped)._rings[0].aged_to = taped.now
    flight_of(taped)._rings[0].aged_packets = 1
    flight_of(taped).freeze(Reason(time=5, kind="command"))
    taped.keeping.tick(taped.now)
    taped.keeping.close(taped.now)
    assert any("reach back" in words for each in flight_of(taped).frozen for words in each.lacking)


def test_frames_lost_count_from_the_window_on(tmp_path: Path) -> None:
    taped = Taped(wishes(tmp_path))
    taped.lost = {"": 7}
    flight = flight_of(taped)
    flight.tick(HOUR, taped.drops)
    assert flight._lost_since(HOUR, {"": 9}) == {"": 2}
    assert flight._lost_since(0, {"": 9}) == {"": 9}
    taped.keeping.close(taped.now)


def test_rings_by_interface(tmp_path: Path) -> None:
    both = Wishes(record=(Track(interface="eth9"), Track()), directory=str(tmp_path))
    taped = Taped(both)
    taped.play()
    mine, rest = flight_of(taped)._rings
    rest.seal()
    assert (mine.packets, rest.packets) == (0, taped.packets)
    taped.keeping.close(taped.now)


def test_what_is_found_when_all_is_over_freezes_too(tmp_path: Path) -> None:
    taped = Taped(wishes(tmp_path))
    flight = flight_of(taped)
    flight.awaited = True
    taped.play()
    taped.keeping.close(taped.now)
    Freezer(flight, ["scan"]).found(
        Finding(time=taped.now, detector="scan", title="t", severity="low", detail="d")
    )
    flight.close()
    flight.close()
    head = head_of(tmp_path)
    assert (head["state"], head["packets"]) == ("frozen", taped.packets)
    assert head["reasons"][0]["name"] == "scan"


def test_findings_freeze_by_name_and_severity(tmp_path: Path) -> None:
    taped = Taped(wishes(tmp_path))
    flight = flight_of(taped)
    freezer = Freezer(flight, ["high", "beacon"])
    for detector, severity in (("scan", "low"), ("beacon", "info"), ("scan", "critical")):
        freezer.found(Finding(time=1, detector=detector, title="t", severity=severity, detail="d"))
    assert [(each.name, each.severity) for each in flight._triggers] == [
        ("beacon", "info"),
        ("scan", "critical"),
    ]
    assert len(flight.notes.since(0).findings) == 3
    flight._triggers.clear()
    taped.keeping.close(taped.now)


def test_disarmed_it_keeps_what_it_has_and_says_so(tmp_path: Path) -> None:
    taped = Taped(wishes(tmp_path))
    flight = flight_of(taped)
    flight.arm(False)
    taped.play()
    taped.keeping.tick(taped.now)
    assert not any(ring.packets for ring in flight._rings)
    flight.arm(True)
    again = Taped(Wishes(), HTTP)
    for batch in again.file.batches():
        flight.take(batch, 0, batch.count)
    flight.freeze(Reason(time=taped.now, kind="signal"))
    taped.keeping.tick(taped.now)
    taped.keeping.close(taped.now + 2 * SECOND)
    head = head_of(tmp_path)
    assert head["packets"] == taped.packets
    assert head["lacking"] == ["the recorder was not armed all the time"]


def test_flows_are_told_of_as_long_as_an_incident_with_their_packets_is_open(tmp_path: Path) -> None:
    taped = Taped(
        Wishes(record=(Track(span_ns=16 * SECOND),), directory=str(tmp_path), before_ns=1, after_ns=SECOND)
    )
    frozen(taped, Reason(time=taped.now, kind="signal"))
    for flow in taped.flows:
        taped.keeping.ended(flow)
    for step in range(10):
        flight_of(taped).freeze(Reason(time=taped.now, kind="signal"))
        taped.keeping.tick(taped.now + step * SECOND)
    taped.keeping.close(taped.now + 20 * SECOND)
    head = head_of(tmp_path)
    (place,) = tmp_path.iterdir()
    told = [json.loads(line)["flow_id"] for line in (place / FLOWS).read_bytes().splitlines()]
    assert head["packets"] == taped.packets
    assert told == [flow.flow_id for flow in taped.flows]


def test_an_incident_says_who_started_its_owners(tmp_path: Path) -> None:
    taped = Taped(wishes(tmp_path))
    flight = flight_of(taped)
    pictures = [None, [{"pid": 6, "start": 1, "process": "sh", "exe": "/bin/sh", "ancestors": ("init:1",)}]]
    flight.processes = lambda: pictures.pop(0) if pictures else []
    taped.play()
    ref = ProcessRef(pid=7, start=2, name="curl", ancestors=("sh:6", "init:1"))
    taped.flows[0].owner = Owner(process=ref, confidence=EXACT)
    frozen(taped, Reason(time=5, kind="signal"))
    for _ in range(2):  # the first picture is on its way
        taped.keeping.tick(taped.now)
    taped.keeping.close(taped.now)
    (path,) = tmp_path.glob(f"*/{PROCESSES}")
    told = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [(row["process"], row.get("exe"), row["known_by"]) for row in told] == [
        ("curl", None, "flow"), ("sh", "/bin/sh", "picture"), ("init", None, "child"),
    ]  # fmt: skip
    again = opened(path.parent)
    assert [row["process"] for row in again.kin.tree(again.book.processes())] == ["curl", "sh", "init"]
