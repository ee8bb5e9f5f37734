"""Effects on their way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.impairment import Delay, Effect, Rate, Reorder
from procwire.shaping.loss import GilbertElliott, Loss
from procwire.shaping.scenario.plan import RAMPS, Effects, Ramp
from procwire.shaping.scenario.ramp import between, value
from tests.shaping.scenario.scenes import MS, both


def half(before: Effect | None, after: Effect | None, ramp: Ramp = "linear") -> Effect:
    found = between(Effects(egress=before), Effects(egress=after), 0.5, ramp).egress
    assert found is not None
    return found


def test_numbers_move_by_the_form_of_the_ramp() -> None:
    assert value(10, 20, 0.5, "linear") == 15
    assert value(1, 100, 0.5, "exponential") == pytest.approx(10)
    assert value(0, 100, 0.5, "exponential") == 50
    assert value(0, 100, 0.25, "sine") == pytest.approx(14.64, abs=0.01)
    assert [value(3, 9, part, "step") for part in (0.1, 1.0)] == [9, 9]


def test_everything_that_has_a_way_moves() -> None:
    old = Effect(
        delay=Delay(latency_ns=10, jitter_ns=2), loss=Loss(0.02, 2), rate=Rate(bits=100), duplicate=0.2
    )
    new = Effect(
        delay=Delay(latency_ns=30, jitter_ns=6), loss=Loss(0.04, 4), rate=Rate(bits=300), corrupt=0.2
    )
    found = half(old, new)
    assert found.delay == Delay(latency_ns=20, jitter_ns=4)
    assert found.loss == Loss(0.03, 3)
    assert found.rate == Rate(bits=200)
    assert (found.duplicate, found.corrupt) == (0.1, 0.1)


def test_from_and_to_nothing() -> None:
    assert half(None, Effect(delay=Delay(latency_ns=10))).delay == Delay(latency_ns=5)
    assert half(Effect(loss=Loss(0.2)), None).loss == Loss(0.1)
    assert half(None, Effect(rate=Rate(bits=80))).rate == Rate(bits=80)
    assert half(Effect(rate=Rate(bits=80)), None).rate == Rate(bits=80)
    reordering = Effect(delay=Delay(latency_ns=10 * MS), reorder=Reorder(share=0.5, gap=3))
    assert half(None, reordering).reorder == Reorder(share=0.25, gap=3)
    assert between(both(5), Effects(), 1.0, "linear") == Effects()


def test_chains_have_no_way_between_them() -> None:
    chain = GilbertElliott(enter=0.1, leave=0.5)
    assert half(Effect(loss=Loss(0.1)), Effect(loss=chain)).loss == chain


EFFECTS = st.builds(
    Effect,
    delay=st.none() | st.builds(Delay, latency_ns=st.integers(5, 10**9), jitter_ns=st.integers(0, 5)),
    loss=st.none() | st.builds(Loss, st.just(0.0) | st.floats(1e-6, 0.4), st.none() | st.floats(1, 50)),
    duplicate=st.sampled_from([0.0, 0.5]),
    rate=st.none() | st.builds(Rate, bits=st.integers(8, 10**9)),
)


@given(EFFECTS | st.none(), EFFECTS | st.none(), st.floats(0, 1), st.sampled_from(RAMPS))
def test_every_point_of_the_way_is_an_effect(
    before: Effect | None, after: Effect | None, part: float, ramp: Ramp
) -> None:
    found = between(Effects(egress=before), Effects(egress=after), part, ramp)
    assert isinstance(found.egress, Effect | None)
    assert between(Effects(egress=before), Effects(egress=after), 1.0, ramp).egress == after
