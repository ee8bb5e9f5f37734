"""Delay distributions against their own formulas (Kolmogorov and Smirnov, 99.99 %)."""

from __future__ import annotations

from itertools import pairwise
from math import erfc, sqrt

import pytest

from procwire.shaping.emulation.delaying import DISTRIBUTIONS, FARTHEST, spread
from procwire.shaping.emulation.dice import Dice
from procwire.shaping.measure.intervals import Z_9999, allowed, farthest, of_mean

COUNT = 20_000


def drawn(distribution: str, correlation: float = 0.0) -> list[float]:
    draw = spread(distribution, Dice(6), correlation)
    return [draw() for _ in range(COUNT)]


def uniform(x: float) -> float:
    return min(1.0, max(0.0, (x + 1) / 2))


def normal(x: float) -> float:
    return 1.0 if x >= FARTHEST else 0.5 * erfc(-x / sqrt(2))


def pareto(x: float) -> float:
    """P(u**(-1/3) <= y) is 1 - y**-3; what is beyond the table's end is put there."""
    y = x * 3 / 4 + 1.5
    return 1.0 if x >= FARTHEST else 0.0 if y <= 1 else 1 - y**-3


@pytest.mark.parametrize("correlation", [0.0, 0.5])
@pytest.mark.parametrize(("name", "law"), [("uniform", uniform), ("normal", normal), ("pareto", pareto)])
def test_each_has_its_marginal_distribution(name: str, law: object, correlation: float) -> None:
    worth = int(COUNT * (1 - correlation) / (1 + correlation))
    assert callable(law)
    assert farthest(drawn(name, correlation), law) < allowed(worth)


def test_paretonormal_is_a_quarter_of_one_and_three_of_the_other() -> None:
    values = drawn("paretonormal")
    low, high = of_mean(values, Z_9999)
    # The mean of the cut-off pareto: what lies beyond 4 is put there.
    end = FARTHEST * 3 / 4 + 1.5
    beyond = end**-2 / 2 * 4 / 3  # the integral of P(X > x) beyond the end
    assert low <= -0.75 * beyond <= high
    assert min(values) > -2 / 3 - 4 * 0.25


def test_none_is_farther_than_a_table_goes() -> None:
    assert all(max(map(abs, drawn(name))) <= FARTHEST for name in DISTRIBUTIONS)


def test_correlation_leaves_neighbours_alike() -> None:
    values = drawn("normal", 0.9)
    alike = sum(a * b for a, b in pairwise(values)) / sum(a * a for a in values)
    assert 0.87 < alike < 0.93
