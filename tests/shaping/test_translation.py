from __future__ import annotations

from statistics import fmean, pstdev

import pytest
from hypothesis import given

from procwire.shaping import translation
from procwire.shaping.codec import htb, netem
from procwire.shaping.codec.netem import Gilbert
from procwire.shaping.codec.units import WHOLE, share
from procwire.shaping.impairment import DISTRIBUTIONS, Delay, Distribution, Effect, Rate
from procwire.shaping.loss import GilbertElliott, Loss
from procwire.shaping.spelling import effect
from procwire.shaping.translation import netem_of, queue_of, table
from tests.shaping.strategies import effects


@given(effects())
def test_every_effect_can_be_said_to_the_kernel(wanted: Effect) -> None:
    made = netem_of(wanted, seed=5)
    assert netem.decode(netem.encode(made)) == made
    assert made.latency == wanted.latency_ns
    if wanted.loss is not None and isinstance(wanted.loss, Loss) and wanted.loss.burst is None:
        assert share(made.loss) == pytest.approx(wanted.loss.share, abs=2 / WHOLE)
    assert made.limit >= 1


def test_a_share_in_bursts_becomes_gilbert_elliott() -> None:
    made = netem_of(effect({"loss": "5%", "burst": "4"}))
    assert made.loss == 0
    assert isinstance(made.model, Gilbert)
    assert (share(made.model.p), share(made.model.r)) == pytest.approx((0.013158, 0.25), abs=1e-5)
    assert (made.model.h, made.model.k1) == (0, 0)
    kept = netem_of(Effect(loss=GilbertElliott(0.01, 0.1, 0.7, 0.001))).model
    assert isinstance(kept, Gilbert)
    assert share(kept.h) == pytest.approx(0.3)


def test_a_round_number_of_milliseconds_is_not_cut() -> None:
    """0.5 ms became none elsewhere, and a rate came back as its eighth."""
    made = netem_of(effect({"delay": "0.5ms", "rate": "8mbit"}))
    assert (made.latency, made.rate) == (500_000, 1_000_000)


@pytest.mark.parametrize(
    ("words", "least", "most"),
    [
        (
            {"delay": "200ms"},
            17_000,
            25_000,
        ),  # a gigabit for 200 ms: a limit of 1000 drops all above 60 Mbit/s
        ({"delay": "100ms", "rate": "10mbit"}, 150, 400),
        ({"rate": "64kbit"}, 50, 50),
        ({"queue": "7", "delay": "200ms"}, 7, 7),
        ({"delay": "1h"}, 1_000_000, 1_000_000),
    ],
)
def test_a_queue_holds_what_is_under_way(words: dict[str, str], least: int, most: int) -> None:
    assert least <= queue_of(effect(words)) <= most


@pytest.mark.parametrize("name", [name for name in DISTRIBUTIONS if name != "uniform"])
def test_a_table_has_its_mean_and_deviation(name: Distribution) -> None:
    values = table(name)
    assert len(values) == translation.TABLE_VALUES
    assert fmean(values) == pytest.approx(0, abs=40)
    assert pstdev(values) == pytest.approx(
        translation.SCALE, rel=0.01
    )  # the long tail is cut at 4 deviations


def test_a_uniform_table_undoes_another() -> None:
    values = table("uniform")
    assert (min(values), max(values)) == (-8192, 8192)
    flat = Effect(delay=Delay(latency_ns=10**7, jitter_ns=10**6))
    assert netem_of(flat).table is None
    assert netem_of(flat, had_table=True).table == values


def test_order_is_kept_by_pacing() -> None:
    assert (
        netem_of(effect({"delay": "20ms", "jitter": "5ms", "keep-order": True})).rate
        == translation.ORDERED_RATE
    )
    assert netem_of(effect({"delay": "20ms", "jitter": "5ms"})).rate == 0


def test_a_class_has_a_bucket_of_a_frame_at_least() -> None:
    slow = translation.class_of(Rate(bits=64_000))
    assert (slow.rate, slow.burst) == (8000, 1600)
    assert translation.class_of(Rate(bits=10**9)).burst == 500_000
    assert translation.class_of(Rate(bits=10**9, burst_bytes=3000)).burst == 3000
    assert htb.decode_class(htb.encode_class(translation.class_of(None))).rate == translation.FREE_RATE
