from __future__ import annotations

import random

import pytest
from hypothesis import given

from procwire.shaping.failure import InvalidError
from procwire.shaping.loss import FourState, GilbertElliott, Loss, LossModel
from tests.shaping.strategies import losses


@pytest.mark.parametrize(
    ("share", "burst", "enter", "leave"),
    [
        (0.01, 3, 0.00337, 0.333),
        (0.05, 4, 0.01316, 0.25),
        (0.08, 5, 0.01739, 0.2),
        (0.15, 6, 0.02941, 0.1667),
    ],
)
def test_a_share_in_bursts_becomes_the_chain_that_loses_so(
    share: float, burst: float, enter: float, leave: float
) -> None:
    chain = Loss(share, burst).chain()
    assert chain is not None
    assert chain.enter == pytest.approx(enter, rel=0.01)
    assert chain.leave == pytest.approx(leave, rel=0.01)
    assert chain.mean == pytest.approx(share)
    assert chain.mean_burst == pytest.approx(burst)


def walked(chain: GilbertElliott | FourState, packets: int) -> tuple[float, float]:
    """Loss and mean burst, as netem's own code loses: transition by transition."""
    draw = random.Random(7).random
    lost: list[bool] = []
    state, is_bad = 1, False
    for _ in range(packets):
        if isinstance(chain, GilbertElliott):
            was = is_bad
            is_bad = draw() >= chain.leave if is_bad else draw() < chain.enter
            lost.append(draw() < (chain.bad if was else chain.good))
            continue
        chance = draw()
        if state == 1:
            state = 4 if chance < chain.p14 else 3 if chance < chain.p14 + chain.p13 else 1
        elif state == 2:
            state = 3 if chance < chain.p23 else 2
        elif state == 3:
            state = 2 if chance < chain.p32 else 1 if chance < chain.p31 + chain.p32 else 3
        else:
            state = 1
        lost.append(state in (3, 4))
    runs = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    return sum(lost) / packets, sum(lost) / max(1, runs)


@pytest.mark.parametrize(
    "chain",
    [
        GilbertElliott(0.02, 0.2), GilbertElliott(0.05, 0.3, 0.7, 0.01),
        FourState(0.02, 0.2, 0.3, 0.4, 0.005), FourState(0.1, 0.5),
    ],
)  # fmt: skip
def test_the_means_are_those_of_the_kernels_walk(chain: GilbertElliott | FourState) -> None:
    share, burst = walked(chain, 100_000)  # seeded: the same walk each time
    assert chain.mean == pytest.approx(share, rel=0.06)
    assert chain.mean_burst == pytest.approx(burst, rel=0.06)


@given(losses)
def test_means_are_shares_and_runs(loss: LossModel) -> None:
    assert 0.0 <= loss.mean <= 1.0 + 1e-9
    assert loss.mean_burst >= 0.99


def test_what_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(InvalidError, match=r"^share: must be between"):
        Loss(1.1)
    with pytest.raises(InvalidError, match=r"^share: must be at least"):
        Loss(1e-12)
    with pytest.raises(InvalidError, match=r"^burst: .* at most 66.67%"):
        Loss(0.9, 2)
    with pytest.raises(InvalidError, match=r"^burst: must be between 1 and"):
        Loss(0.1, 0.5)
    with pytest.raises(InvalidError, match=r"^leave"):
        GilbertElliott(0.0, 0.0)
    with pytest.raises(InvalidError, match=r"^p14: must be at most"):
        FourState(0.9, 1.0, p14=0.2)
    with pytest.raises(InvalidError, match=r"^p31: .* never end"):
        FourState(0.1, 0.0)
    assert Loss(1.0).mean_burst == float("inf")
    assert Loss(0.03).chain() is None
