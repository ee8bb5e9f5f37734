"""How long a packet is under way: a delay, and jitter around it by one of four distributions. Pure.

The shapes are those of tc's tables (iproute2 ``netem/``), which the kernel scales with the jitter and cuts
off at four times it: ``normal`` has the jitter as its standard deviation; ``pareto`` is (u**(-1/3) - 3/2) *
4/3, never more than 2/3 of the jitter early and now and then very late; ``paretonormal`` is a quarter of the
first and three quarters of the second. Without a table netem is uniform within the jitter on both sides,
whatever tc's manual says. A delay below zero is none.
"""

from __future__ import annotations

from collections.abc import Callable

from procwire.shaping.emulation.dice import Dice, Leaning

UNIFORM, NORMAL, PARETO, PARETONORMAL = "uniform", "normal", "pareto", "paretonormal"
DISTRIBUTIONS = (UNIFORM, NORMAL, PARETO, PARETONORMAL)
FARTHEST = 32767 / 8192  # a table holds 16-bit numbers in units of 1/8192
_THIRD = -1.0 / 3.0

Spread = Callable[[], float]


def spread(distribution: str, dice: Dice, correlation: float = 0.0) -> Spread:
    """What draws how far from its mean a delay is, in units of the jitter."""
    first = Leaning(dice, correlation)
    if distribution == UNIFORM:
        return lambda: 2.0 * first.share() - 1.0
    if distribution == NORMAL:
        return lambda: _within(first.normal())
    if distribution == PARETO:
        return lambda: _within(_pareto(first.share()))
    second = Leaning(dice, correlation)
    return lambda: _within(0.25 * first.normal() + 0.75 * _pareto(second.share()))


def _pareto(share: float) -> float:
    """Pareto's distribution with exponent 3, its mean taken off; 0 is beyond the table's end in any case."""
    power: float = max(share, 1e-12) ** _THIRD
    return (power - 1.5) * 4.0 / 3.0


def _within(value: float) -> float:
    return max(-FARTHEST, min(FARTHEST, value))
