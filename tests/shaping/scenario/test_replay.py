"""Recorded paths."""

from __future__ import annotations

import json

import pytest

from procwire.shaping.loss import Loss
from procwire.shaping.scenario.replay import steps
from procwire.shaping.texts.located import FileError
from tests.shaping.scenario.scenes import MS, SECOND


def test_a_table_with_its_units() -> None:
    text = "# measured\ntime,rate_mbps,rtt_ms,up_loss_percent\n0,10,40,1\n0.5,0.5,80.5,\n2,0,100,0\n"
    first, second, third = steps(text, "f")
    assert [one.span_ns for one in (first, second, third)] == [500 * MS, 1500 * MS, 1500 * MS]
    assert first.effects is not None
    egress, ingress = first.effects.egress, first.effects.ingress
    assert egress is not None
    assert ingress is not None
    assert egress.rate is not None
    assert egress.rate.bits == 10_000_000
    assert (egress.latency_ns, ingress.latency_ns) == (20 * MS, 20 * MS)
    assert (egress.loss, ingress.loss) == (Loss(0.01), None)
    assert third.effects is not None
    assert third.effects.ingress is not None
    assert third.effects.ingress.loss == Loss(1.0)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a,b\n1,2\n", 1), ("time,colour\n1,2\n", 1),
        ("time,rtt_ms\n1,x\n", 2), ("time,rtt_ms\n2,1\n1,1\n", 3),
        ("time,rtt_ms\n", 1), ("time,loss_percent\n0,1\n1,200\n", 3), ("1\n5\n3\n", 3), ("{}\n", 1),
        ('{"start": 1}\n{"start": "x"}\n', 2), ('{"start": 1}\n', 1), ("time,rtt_ms\n1e999,1\n", 2),
    ],
)  # fmt: skip
def test_faults_have_lines(text: str, line: int) -> None:
    with pytest.raises(FileError) as wrong:
        steps(text, "f")
    assert wrong.value.line == line


def test_a_mahimahi_trace_keeps_its_bytes() -> None:
    """One opportunity a ms for a second, nothing for 400 ms, ten in the last."""
    times = [*range(1, 1000), *([1500] * 10)]
    found = steps("\n".join(map(str, times)), "f")
    assert sum(step.span_ns for step in found) == 1500 * MS
    carried = 0.0
    for step in found:
        assert step.effects is not None
        effect = step.effects.egress
        assert effect is not None
        carried += (effect.rate.bits if effect.rate else 0) * step.span_ns / 8 / SECOND
    assert carried == pytest.approx(len(times) * 1500, rel=0.001)
    assert found[5].effects is not None
    assert found[5].effects.egress is not None
    assert found[5].effects.egress.loss == Loss(1.0)


def test_flows_of_procwire_are_a_path() -> None:
    rows = [
        {"start": "2026-11-23T02:52:52.597486778Z", "rtt": 0.05, "packets_out": 100, "retransmissions": 4},
        {"start": "2026-11-23T02:52:50.597486778Z", "rtt": 0.02, "packets_out": 10, "retransmissions": 0},
        {"start": "2026-11-23T02:52:51Z", "rtt": None},
    ]
    first, second = steps("\n".join(map(json.dumps, rows)), "f")
    assert first.span_ns == second.span_ns == 2 * SECOND
    assert second.effects is not None
    assert second.effects.egress is not None
    assert second.effects.ingress is not None
    assert second.effects.egress.loss == Loss(0.04)
    assert second.effects.ingress.latency_ns == 25 * MS
