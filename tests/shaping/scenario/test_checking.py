"""Bounds and verdicts."""

from __future__ import annotations

import pytest

from procwire.shaping.failure import InvalidError
from procwire.shaping.scenario.checking import Sample, bounds, judged
from procwire.shaping.scenario.plan import Check
from tests.shaping.scenario.scenes import COMMAND, MS, SECOND

START = Sample(at=0, waits=((0, 0), (0, 0)))


def verdict(measure: str, text: str, last: Sample | None, first: Sample | None = START) -> tuple[bool, str]:
    low, high = bounds(measure, text)
    check = Check(target=COMMAND, measure=measure, low=low, high=high, from_ns=0, to_ns=1, text=text)
    found = judged(check, 0, first, last)
    return found.passed, found.measured


@pytest.mark.parametrize(
    ("measure", "text", "expected"),
    [
        ("loss", "<5%", (None, 0.05)),
        ("rtt", "> 100ms", (100 * MS, None)),
        ("rtt", "1.5ms..20ms", (1.5 * MS, 20 * MS)),
        ("goodput", "1mbit..2mbit", (1e6, 2e6)),
        ("loss", "=10%", (pytest.approx(0.09), pytest.approx(0.11))),
    ],
)
def test_bounds(measure: str, text: str, expected: object) -> None:
    assert bounds(measure, text) == expected


@pytest.mark.parametrize("text", ["", "5", "<", "5%..", "5%..1%", "<5ms", "about 5%"])
def test_wrong_bounds_are_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        bounds("loss", text)


def test_loss_is_judged_by_its_interval() -> None:
    assert verdict("loss", "<3%", Sample(at=1, tried=100, lost=4)) == (True, "4%, 4 of 100")
    assert not verdict("loss", "<3%", Sample(at=1, tried=1000, lost=100))[0]
    assert not verdict("loss", ">10%", Sample(at=1, tried=1000, lost=20))[0]
    assert not verdict("loss", "<3%", Sample(at=1))[0]


def test_goodput_and_round_trips() -> None:
    last = Sample(at=2 * SECOND, arrived_bytes=250_000, waits=((10, 200 * MS), (5, 150 * MS)))
    assert verdict("goodput", ">900kbit", last) == (True, "1mbit")
    assert verdict("rtt", "45ms..55ms", last) == (True, "50ms")
    assert not verdict("rtt", "<40ms", last)[0]
    assert verdict("rtt", "<40ms", Sample(at=1, waits=((0, 0), (4, 4)))) == (
        False,
        "no packet passed both ways",
    )


def test_what_nobody_measured_has_failed() -> None:
    assert verdict("loss", "<3%", None) == (False, "nothing is measured for this target")
    assert verdict("loss", "<3%", Sample(at=1), None)[0] is False
