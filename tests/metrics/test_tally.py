"""Counters from events: growth and not totals, bounded labels, what is lost counted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.metrics import tally as room
from procwire.metrics.tally import FLOW_COLUMNS, Labels, Tally, of_health


def row(name: str, out: int, **more: Any) -> dict[str, Any]:
    return dict.fromkeys(FLOW_COLUMNS) | {"flow_id": name, "app": "http", "bytes_out": out} | more


def values(tally: Tally, name: str) -> dict[Labels, float]:
    return next(dict(one.samples) for one in tally.families() if one.name == f"procwire_{name}")


def out_bytes(tally: Tally) -> float:
    return sum(
        value for labels, value in values(tally, "flow_bytes").items() if ("direction", "out") in labels
    )


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 1000)), max_size=30))
def test_growth_is_counted_once(steps: list[tuple[str, int]]) -> None:
    tally, totals = Tally(), dict.fromkeys("abc", 0)
    for name, more in steps:
        first = totals[name] == 0 and not any(step[0] == name for step in steps[: steps.index((name, more))])
        totals[name] += more
        tally.flow("open" if first else "update", row(name, totals[name]))
    assert out_bytes(tally) == sum(totals.values())
    for name in {name for name, _ in steps}:
        tally.flow("end", row(name, totals[name] + 1))
    assert out_bytes(tally) == sum(totals.values()) + len({name for name, _ in steps})
    assert values(tally, "open_flows") == {(): 0.0}


def test_what_was_before_is_where_counting_begins() -> None:
    tally = Tally()
    tally.flow("open", row("a", 500), before=True)
    assert (out_bytes(tally), values(tally, "flows")) == (0, {})
    tally.flow("end", row("a", 510))
    assert out_bytes(tally) == 10


def test_a_short_flow_counts_whole_at_its_end() -> None:
    tally = Tally()
    tally.flow("end", row("a", 7, proto="tcp", process="curl", retransmissions=2, packets_in=3))
    assert values(tally, "flows") == {(("app", "http"), ("proto", "tcp")): 1}
    assert values(tally, "process_bytes")[("process", "curl"), ("direction", "out")] == 7
    assert values(tally, "flow_packets")[("app", "http"), ("direction", "in")] == 3
    assert values(tally, "retransmissions") == {(): 2}


def test_labels_are_bounded_and_what_is_merged_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST", 3)
    tally = Tally()
    for number in range(10):
        tally.flow("end", row(str(number), 1, process=f"p{number}"))
    said = {dict(labels)["process"] for labels in values(tally, "process_bytes")}
    assert said == {"p0", "p1", "p2", "other"}
    assert values(tally, "merged_labels") == {(("label", "process"),): 7}
    assert out_bytes(tally) == 10


def test_open_flows_are_bounded_and_the_forgotten_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_OPEN", 2)
    tally = Tally()
    for name in "abc":
        tally.flow("open", row(name, 1))
    assert values(tally, "open_flows") == {(): 2.0}
    assert values(tally, "forgotten_flows") == {(): 1.0}


def test_records_findings_losses_and_reconnections() -> None:
    tally = Tally()
    tally.seen("dns")
    tally.seen("dns")
    tally.found({"detector": "beacon", "severity": "medium"})
    tally.lost(5)
    tally.flow("open", row("a", 1))
    tally.reconnected()
    assert values(tally, "observations") == {(("table", "dns"),): 2}
    assert values(tally, "findings") == {(("detector", "beacon"), ("severity", "medium")): 1}
    assert values(tally, "events_lost") == {(): 5}
    assert values(tally, "reconnects") == {(): 1}
    assert values(tally, "open_flows") == {(): 0}


def test_health_is_numbers_and_what_is_wrong() -> None:
    rows: list[dict[str, Any]] = [
        {"part": "capture", "name": "dropped", "amount": 3, "status": "degraded"},
        {"part": "capture", "name": "interface", "status": "ok", "detail": "eth0"},
        {"part": "capture", "name": "interface", "status": "degraded", "detail": "eth1: down"},
        {"part": "process", "name": "engine", "amount": 4711, "status": "ok"},
        {"part": "flows", "name": "open", "amount": 2},
    ]
    amounts, wrong = of_health(rows)
    assert amounts.samples == {
        (("part", "capture"), ("name", "dropped")): 3,
        (("part", "flows"), ("name", "open")): 2,
    }
    assert wrong.samples == {
        (("part", "capture"), ("name", "dropped")): 1,
        (("part", "capture"), ("name", "interface")): 1,
    }
