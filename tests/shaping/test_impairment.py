from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import Delay, Effect, Impairment, Rate, Reorder, Slot, differences
from procwire.shaping.loss import Loss
from procwire.shaping.selection import selector
from procwire.shaping.target import target
from tests.shaping.strategies import impairments

ETH0 = target("eth0")
SLOW = Effect(delay=Delay(latency_ns=10**8))


@given(impairments())
def test_directions_and_round_trip_follow_from_the_effects(wanted: Impairment) -> None:
    both = wanted.egress is not None and wanted.ingress is not None
    assert (wanted.direction == "both") == both
    assert wanted.round_trip_ns == sum(effect.latency_ns for effect in wanted.effects.values())


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Delay(latency_ns=-1), "latency: must be between 0"),
        (lambda: Delay(latency_ns=10**18), "latency: must be between 0 and 3600000000000 ns"),
        (lambda: Delay(latency_ns=5, jitter_ns=9), "jitter: must be at most the delay"),
        (lambda: Delay(latency_ns=10**10, jitter_ns=1 << 31), "jitter: must be between 0 and 2147483647 ns"),
        (lambda: Delay(latency_ns=5, distribution="normal"), "distribution: needs a jitter"),
        (lambda: Delay(latency_ns=5, correlation=0.5), "correlation: needs a jitter"),
        (lambda: Rate(bits=7), "bits: must be between 8 and"),
        (lambda: Rate(bits=8, cell_overhead=5), "cell_overhead: needs cell_bytes"),
        (lambda: Reorder(share=1.5), "share: must be between 0% and 100%"),
        (lambda: Slot(shortest_ns=5, longest_ns=4), "longest: must be at least"),
        (lambda: Effect(reorder=Reorder(share=0.5)), "reorder: needs a delay"),
        (lambda: Effect(ecn=True), "ecn: needs a loss"),
        (lambda: Effect(queue_packets=0), "queue: must be between 1 and"),
        (lambda: Effect(duplicate=-0.1), "duplicate: must be between"),
        (lambda: Impairment(target=ETH0), "effect: at least one direction"),
        (lambda: Impairment(target=ETH0, egress=SLOW, seed=1 << 64), "seed: must be between"),
        (
            lambda: Impairment(target=ETH0, egress=SLOW, selectors=(selector("port=1"),) * 65),
            "selectors: at most 64",
        ),
        (lambda: Rate(bits=True), "bits: must be a whole number"),
    ],
)
def test_bounds_are_told_by_name(make: Callable[[], object], says: str) -> None:
    with pytest.raises(InvalidError) as raised:
        make()
    assert str(raised.value).startswith(says)


def test_long_delays_and_fast_rates_are_allowed() -> None:
    assert Delay(latency_ns=300 * 10**9).latency_ns == 300_000_000_000  # beyond 274 s of psched ticks
    assert Rate(bits=40 * 10**9).bits == 40_000_000_000  # beyond 34 Gbit/s of 32 bits


def test_nothing_is_nothing_and_differences_have_names() -> None:
    assert Effect().is_nothing
    assert Effect(delay=Delay(latency_ns=0), loss=Loss(0.0)).is_nothing
    assert not Effect(loss=Loss(0.1)).is_nothing
    assert differences(SLOW, Effect(delay=SLOW.delay, loss=Loss(0.1))) == ("loss",)
