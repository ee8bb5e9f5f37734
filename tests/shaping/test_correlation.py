from __future__ import annotations

import random

import pytest

from procwire.shaping.correlation import effective_share, needed_share
from procwire.shaping.failure import InvalidError


def generated(share: float, correlation: float, packets: int) -> float:
    """get_crandom() of net/sched/sch_netem.c, in its own integers."""
    draw = random.Random(5)
    rho, threshold = int(correlation * 0xFFFFFFFF) + 1, int(share * 0xFFFFFFFF)
    last = lost = 0
    for _ in range(packets):
        last = (draw.getrandbits(32) * ((1 << 32) - rho) + last * rho) >> 32
        lost += last <= threshold
    return lost / packets


@pytest.mark.parametrize(("share", "correlation"), [(0.08, 0.25), (0.15, 0.3), (0.3, 0.6), (0.6, 0.5)])
def test_the_share_is_that_of_the_kernels_generator(share: float, correlation: float) -> None:
    simulated = generated(share, correlation, 200_000)  # seeded: the same each time
    assert effective_share(share, correlation) == pytest.approx(simulated, rel=0.05)


def test_rare_losses_are_known_too() -> None:
    assert effective_share(0.01, 0.10) == pytest.approx(0.000195, rel=0.05)  # too rare to be drawn here


@pytest.mark.parametrize(
    ("wanted", "correlation", "said"),
    [(0.01, 0.25, 0.0824), (0.05, 0.25, 0.149), (0.01, 0.1, 0.0449), (0.05, 0.5, 0.228)],
)
def test_what_must_be_said_to_lose_so_many(wanted: float, correlation: float, said: float) -> None:
    assert needed_share(wanted, correlation) == pytest.approx(said, rel=0.02)


def test_the_ends_and_the_bounds() -> None:
    assert effective_share(0.3, 0.0) == 0.3
    assert effective_share(1.0, 0.5) == 1.0
    assert effective_share(0.5, 0.5) == pytest.approx(0.5, abs=1e-6)
    for share, correlation in ((1.5, 0.1), (0.1, 0.99)):
        with pytest.raises(InvalidError):
            effective_share(share, correlation)
