"""Fates: by flow, bounded."""

from __future__ import annotations

from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.counts import Counts
from procwire.shaping.emulation.fates import MAX_FLOWS, Fate, Fates
from procwire.shaping.impairment import Delay, Effect, Reorder
from procwire.shaping.loss import Loss

LOSSY = Conditions(effect=Effect(loss=Loss(0.3)))


def losses(fates: Fates, flow: bytes, count: int) -> list[bool]:
    return [fates.of(flow).loses() for _ in range(count)]


def test_a_flow_meets_the_same_whatever_others_do() -> None:
    alone, among = Fates(LOSSY, 1, Counts()), Fates(LOSSY, 1, Counts())
    found = []
    for _ in range(50):
        found.append(among.of(b"a").loses())
        among.of(b"b").loses()
    assert losses(alone, b"a", 50) == found
    assert losses(Fates(LOSSY, 1, Counts()), b"b", 50) != found


def test_shared_conditions_have_one_chain() -> None:
    fates = Fates(Conditions(effect=LOSSY.effect, shared=True), 1, Counts())
    assert fates.of(b"a") is fates.of(b"b")


def test_the_flow_that_was_silent_longest_is_forgotten_and_counted() -> None:
    counts = Counts()
    fates = Fates(LOSSY, 1, counts)
    for number in range(MAX_FLOWS + 3):
        fates.of(number.to_bytes(4, "big"))
    assert (counts.flows, counts.flows_forgotten) == (MAX_FLOWS + 3, 3)


def test_with_a_gap_only_every_so_manyth_overtakes() -> None:
    effect = Effect(delay=Delay(latency_ns=10), reorder=Reorder(share=1.0, gap=5))
    fate = Fate(Conditions(effect=effect), 1)
    assert [fate.overtakes() for _ in range(10)] == [False, False, False, False, True] * 2


def test_a_delay_is_never_below_zero() -> None:
    effect = Effect(delay=Delay(latency_ns=10, jitter_ns=10, distribution="normal"))
    fate = Fate(Conditions(effect=effect), 1)
    delays = [fate.delay() for _ in range(500)]
    assert min(delays) == 0
    assert Fate(Conditions(), 1).delay() == 0
