"""Loss: how much, and in what bursts, each within an interval of 99.99 %."""

from __future__ import annotations

from itertools import pairwise

import pytest

from procwire.shaping.emulation.dice import Dice
from procwire.shaping.emulation.losing import Gilbert, losing
from procwire.shaping.loss import FourState, GilbertElliott, Loss, LossModel
from procwire.shaping.measure.intervals import Z_9999, bursts, clustered, of_mean, wilson

COUNT = 40_000

CHAINS: list[LossModel] = [
    Loss(0.05),
    Loss(0.01, 3),
    Loss(0.08, 5),
    GilbertElliott(enter=0.01, leave=0.1, bad=0.7, good=0.001),
    FourState(p13=0.02, p31=0.3, p32=0.2, p23=0.4, p14=0.01),
]


def drawn(model: LossModel | None, seed: int = 4, count: int = COUNT) -> list[bool]:
    lose = losing(model, Dice(seed))
    return [lose() for _ in range(count)]


@pytest.mark.parametrize("model", CHAINS, ids=repr)
def test_the_share_is_the_models_own(model: LossModel) -> None:
    lost = drawn(model)
    persistence = 12.0 if not isinstance(model, Loss) else model.mean_burst
    low, high = clustered(sum(lost), COUNT, persistence, Z_9999)
    assert low <= model.mean <= high
    assert high < model.mean * 1.6


@pytest.mark.parametrize("model", CHAINS, ids=repr)
def test_the_mean_burst_is_the_models_own(model: LossModel) -> None:
    lengths = bursts(drawn(model))
    low, high = of_mean(lengths, Z_9999)
    assert low <= model.mean_burst <= high
    assert len(lengths) > 100


def test_plain_losses_are_independent() -> None:
    lost = drawn(Loss(0.05))
    after = [second for first, second in pairwise(lost) if first]
    low, high = wilson(sum(after), len(after), Z_9999)
    assert low <= 0.05 <= high


def test_short_flows_meet_the_loss_that_was_asked_for() -> None:
    """A chain that began in its good state would spare the first packets of each flow."""
    model = Loss(0.1, 8)
    first = [losing(model, Dice(seed))() for seed in range(4000)]
    low, high = wilson(sum(first), len(first), Z_9999)
    assert low <= 0.1 <= high
    four = FourState(p13=0.1, p31=0.2)
    first = [losing(four, Dice(seed))() for seed in range(4000)]
    low, high = wilson(sum(first), len(first), Z_9999)
    assert low <= four.mean <= high


def test_the_state_moves_before_the_loss_of_the_old_state() -> None:
    """Linux's loss_gilb_ell(): a packet that finds the chain good is lost by the good state's share."""
    chain = Gilbert(GilbertElliott(enter=1.0, leave=1.0, bad=1.0, good=0.0), Dice(1))
    chain.bad = False
    assert [chain() for _ in range(4)] == [False, True, False, True]


def test_nothing_and_everything() -> None:
    assert not any(drawn(None, count=50))
    assert not any(drawn(Loss(0.0), count=50))
    assert all(drawn(Loss(1.0), count=50))


def test_the_same_seed_loses_the_same() -> None:
    assert drawn(CHAINS[2], seed=8, count=500) == drawn(CHAINS[2], seed=8, count=500)
    assert drawn(CHAINS[2], seed=8, count=500) != drawn(CHAINS[2], seed=9, count=500)
