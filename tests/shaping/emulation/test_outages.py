"""Outages: when a path is down."""

from __future__ import annotations

from procwire.shaping.emulation.conditions import Outage
from procwire.shaping.emulation.dice import Dice
from procwire.shaping.emulation.outages import Outages
from procwire.shaping.measure.intervals import Z_9999, of_mean


def test_it_turns_by_its_schedule() -> None:
    outages = Outages(Outage(up_ns=10, down_ns=5), Dice(1), now=100)
    seen = []
    for now in range(100, 131):
        outages.run(now)
        seen.append(outages.up)
    assert seen == [True] * 10 + [False] * 5 + [True] * 10 + [False] * 5 + [True]
    outages.run(142)
    assert outages.next_up() == 145
    outages.run(145)
    assert outages.next_up() is None


def test_irregular_spans_have_their_mean() -> None:
    outages = Outages(Outage(up_ns=1000, down_ns=500, irregular=True), Dice(1), now=0)
    spans: dict[bool, list[float]] = {True: [], False: []}
    last = 0
    for now in range(600_000):
        before = outages.up
        outages.run(now)
        if outages.up is not before:
            spans[before].append(now - last)
            last = now
    for up, mean in ((True, 1000), (False, 500)):
        low, high = of_mean(spans[up], Z_9999)
        assert low <= mean <= high


def test_a_link_that_is_taken_down_drops_and_stays_down() -> None:
    outages = Outages(Outage(up_ns=10, down_ns=5, fate="hold"), Dice(1), now=0)
    assert outages.holds
    outages.link(up=False)
    outages.run(1000)
    assert not outages.up
    assert not outages.holds
    assert outages.next_up() is None
