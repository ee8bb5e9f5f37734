"""Counts and delays."""

from __future__ import annotations

from procwire.shaping.emulation.counts import SAMPLES, Counts, Delays, Peak, quantile
from procwire.shaping.emulation.dice import Dice


def test_every_end_is_told() -> None:
    counts = Counts(lost=1, queue_drops=2, limit_drops=3, aqm_drops=4, outage_drops=5, cleared=6)
    assert counts.gone == 21
    assert counts.as_dict()["aqm_drops"] == 4


def test_quantiles() -> None:
    assert quantile([], 0.5) == 0
    assert quantile([1, 2, 3, 4], 0.5) == 2
    assert quantile([1, 2, 3, 4], 1.0) == 4
    assert quantile([1, 2, 3, 4], 0.0) == 1


def test_delays_are_an_even_choice() -> None:
    delays = Delays(Dice(1))
    for value in range(50_000):
        delays.add(value)
    assert len(delays.kept) == SAMPLES
    assert (delays.least, delays.most, delays.mean) == (0, 49_999, 24_999.5)
    assert 23_500 < delays.quantile(0.5) < 26_500


def test_the_busiest_second() -> None:
    peak = Peak()
    for size, now in ((10, 0), (20, 999_999_999), (25, 1_000_000_000), (1, 5_000_000_000)):
        peak.add(size, now)
    assert peak.most == 30
