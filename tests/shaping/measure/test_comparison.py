"""Configured beside measured: figures, intervals, verdicts."""

from __future__ import annotations

import pytest

from procwire.shaping.emulation.conditions import Conditions, Correlations
from procwire.shaping.impairment import DISTRIBUTIONS, Delay, Effect, Rate, Reorder
from procwire.shaping.loss import Loss
from procwire.shaping.measure.comparison import (
    AGREES,
    DIFFERS,
    TOO_FEW,
    Figure,
    delay_figure,
    loss_figure,
    of_link,
    reordered_share,
    share_figure,
    spoken,
    spoken_rate,
)
from tests.shaping.emulation.travel import MS, journey, link, packet, sent

EVERYTHING = Effect(
    delay=Delay(latency_ns=40 * MS, jitter_ns=5 * MS, distribution="normal"),
    loss=Loss(0.05, 3),
    duplicate=0.02,
    corrupt=0.01,
    reorder=Reorder(share=0.3, gap=3),
    rate=Rate(bits=8_000_000),
)


def compared(effect: Effect, count: int = 5000) -> dict[str, Figure]:
    path = link(Conditions(effect=effect, correlations=Correlations()))
    journey(path, sent(count, MS))
    return {
        each.name: each for each in of_link("egress", path.conditions, path.counts, path.delays, path.peak)
    }


def test_what_the_emulation_does_agrees_with_what_was_asked() -> None:
    figures = compared(EVERYTHING)
    assert set(figures) == {"loss", "duplicate", "corrupt", "reorder", "delay", "rate"}
    assert {each.verdict for each in figures.values()} == {AGREES}
    assert figures["loss"].configured == "5% in bursts of 3"


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_medians_of_all_distributions(distribution: str) -> None:
    delay = Delay(latency_ns=100 * MS, jitter_ns=30 * MS, distribution=distribution)  # type: ignore[arg-type]
    assert compared(Effect(delay=delay))["delay"].verdict == AGREES


def test_a_loss_that_was_not_met_differs() -> None:
    assert loss_figure("egress", Loss(0.03), 200, 1000).verdict == DIFFERS
    assert loss_figure("egress", Loss(0.03), 0, 10).verdict == TOO_FEW
    assert loss_figure("egress", Loss(0.03), 30, 1000).verdict == AGREES
    assert share_figure("egress", "duplicate", 0.5, 10, 1000).verdict == DIFFERS


def test_a_delay_behind_a_bottleneck_may_be_higher_and_never_lower() -> None:
    effect = Effect(delay=Delay(latency_ns=50 * MS))
    slow, quick = [90 * MS] * 100, [20 * MS] * 100
    assert delay_figure("egress", effect, slow, queued=True).verdict == AGREES
    assert delay_figure("egress", effect, slow, queued=False).verdict == DIFFERS
    assert delay_figure("egress", effect, quick, queued=True).verdict == DIFFERS
    assert delay_figure("egress", effect, [], queued=True).verdict == TOO_FEW


def test_drops_that_nobody_asked_for_are_told() -> None:
    path = link(Conditions(effect=Effect(rate=Rate(bits=8_000), queue_packets=1)))
    journey(path, [(0, packet())] * 10)
    figures = of_link("egress", path.conditions, path.counts, path.delays, path.peak)
    assert [each.measured for each in figures if each.name == "queue drops"] == [
        "8 packets"
    ]  # one is being sent, one waits


def test_a_gap_lowers_the_share_that_overtakes() -> None:
    assert reordered_share(Effect()) == 0.0
    effect = Effect(delay=Delay(latency_ns=1), reorder=Reorder(share=0.25, gap=5))
    assert reordered_share(effect) == pytest.approx(1 / 8)


def test_measured_figures_have_three_digits() -> None:
    assert [spoken(n) for n in (5, 1234, 100_400_000, 2.5e9)] == ["5ns", "1.23us", "100ms", "2.5s"]
    assert [spoken_rate(n) for n in (5, 1234, 2.5e6, 1e9)] == ["5bit", "1.23kbit", "2.5mbit", "1gbit"]
