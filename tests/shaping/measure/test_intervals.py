"""Intervals against tables and by simulation."""

from __future__ import annotations

import pytest

from procwire.shaping.emulation.dice import Dice
from procwire.shaping.emulation.losing import losing
from procwire.shaping.loss import Loss
from procwire.shaping.measure.intervals import (
    allowed,
    bursts,
    clustered,
    extents,
    farthest,
    of_mean,
    of_quantile,
    wilson,
)


def test_wilson_as_in_the_tables() -> None:
    """Newcombe (1998), table I: 81 of 263 and 0 of 20."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(20, 20)[1] == 1.0


def test_bursts_widen_the_interval_until_it_holds() -> None:
    """Of 200 measurements with bursts of 8 about 95 % hold the true share; plainly far fewer."""
    held = plain = 0
    for seed in range(200):
        lose = losing(Loss(0.1, 8), Dice(seed))
        hits = sum(lose() for _ in range(1000))
        low, high = clustered(hits, 1000, 8)
        held += low <= 0.1 <= high
        low, high = wilson(hits, 1000)
        plain += low <= 0.1 <= high
    assert held >= 178
    assert plain < 140


def test_a_quantile_lies_between_two_values() -> None:
    assert of_quantile(list(range(1000)), 0.5) == (468, 531)
    assert of_quantile([], 0.5) == (0, 0)
    assert of_quantile([7], 0.9) == (7, 7)


def test_a_mean_of_few_values() -> None:
    assert of_mean([]) == (0.0, 0.0)
    assert of_mean([4.0]) == (4.0, 4.0)
    low, high = of_mean([1.0, 3.0])
    assert low == pytest.approx(2 - 1.959964)
    assert high == pytest.approx(2 + 1.959964)


def test_the_distance_to_a_distribution() -> None:
    assert farthest([0.25, 0.75], lambda x: x) == pytest.approx(0.25)
    assert farthest([0.9, 0.95], lambda x: x) == pytest.approx(0.9)
    assert allowed(10_000) == pytest.approx(0.02225, abs=1e-4)


def test_runs_of_losses() -> None:
    assert bursts([False, True, True, False, True]) == [2, 1]
    assert bursts([]) == []


def test_extents_as_in_the_rfc() -> None:
    """RFC 4737 section 4.2: in 1, 2, 3, 7, 8, 9, 4, 5, 6 packet 4 is three late, 5 four and 6 five."""
    assert extents([1, 2, 3, 7, 8, 9, 4, 5, 6]) == [3, 4, 5]
    assert extents([0, 1, 2]) == []
    assert extents([2, 0, 1]) == [1, 2]
