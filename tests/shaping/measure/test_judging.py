"""What probes found, judged: on emulated packets, in packet time."""

from __future__ import annotations

import pytest

from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.impairment import Delay, Effect, Rate, Reorder
from procwire.shaping.loss import Loss
from procwire.shaping.measure.comparison import AGREES, DIFFERS, TOO_FEW, Figure
from procwire.shaping.measure.judging import interval_for, of_probes, of_stream, warnings
from tests.shaping.emulation.travel import MS, journey, link, number_of, sent

EFFECTS = [
    Effect(),
    Effect(delay=Delay(latency_ns=30 * MS, jitter_ns=5 * MS, distribution="normal"), loss=Loss(0.05, 3)),
    Effect(loss=Loss(0.02), duplicate=0.03),
    Effect(delay=Delay(latency_ns=40 * MS), reorder=Reorder(share=0.2, gap=2)),
    Effect(rate=Rate(bits=400_000), delay=Delay(latency_ns=10 * MS)),
    Effect(corrupt=0.05, loss=Loss(0.05)),
]


def probed(effect: Effect, count: int = 4000) -> list[tuple[int, int]]:
    """(number, delay) of what arrives; damaged ones fail their checksum."""
    packets = sent(count, 5 * MS)
    whole = {id(data) for _, data in packets}  # with a flipped bit one may look like another
    arrived = journey(link(Conditions(effect=effect)), packets)
    return [(number_of(data), at - number_of(data) * 5 * MS) for at, data in arrived if id(data) in whole]


@pytest.mark.parametrize("effect", EFFECTS, ids=repr)
def test_what_was_asked_for_agrees(effect: Effect) -> None:
    figures = of_probes("egress", effect, 4000, probed(effect))
    assert {each.verdict for each in figures} <= {AGREES, ""}, figures
    assert {"loss", "delay"} <= {each.name for each in figures}


@pytest.mark.parametrize(
    ("asked", "real", "name"),
    [
        (Effect(loss=Loss(0.1)), Effect(loss=Loss(0.05)), "loss"),
        (Effect(loss=Loss(0.1, 8)), Effect(loss=Loss(0.1)), "burst"),
        (Effect(), Effect(duplicate=0.05), "duplicate"),
        (Effect(delay=Delay(latency_ns=50 * MS)), Effect(delay=Delay(latency_ns=30 * MS)), "delay"),
        (Effect(), Effect(delay=Delay(latency_ns=30 * MS)), "delay"),
    ],
)
def test_what_was_not_asked_for_differs(asked: Effect, real: Effect, name: str) -> None:
    figures = {each.name: each for each in of_probes("egress", asked, 4000, probed(real))}
    assert figures[name].verdict == DIFFERS


def test_few_probes_are_no_proof() -> None:
    figures = of_probes("egress", Effect(loss=Loss(0.5, 4)), 10, [(number, 5) for number in range(6)])
    assert {each.name: each.verdict for each in figures} == {
        "loss": TOO_FEW,
        "burst": TOO_FEW,
        "delay": TOO_FEW,
    }
    assert of_probes("egress", Effect(), 10, [])[0].verdict == DIFFERS


def stream(effect: Effect, bits: float) -> str:
    figure: Figure = of_stream("egress", effect, bits)
    return figure.verdict


def test_a_stream_is_never_faster_than_its_rate() -> None:
    fast, lossy = Effect(rate=Rate(bits=10_000_000)), Effect(rate=Rate(bits=10_000_000), loss=Loss(0.05))
    assert stream(fast, 9.4e6) == AGREES
    assert stream(fast, 11e6) == DIFFERS
    assert stream(fast, 1e6) == DIFFERS
    assert stream(lossy, 1e6) == AGREES
    assert stream(Effect(), 1e9) == ""
    assert of_stream("egress", fast, 11e6, 9.5e6).measured == "9.5mbit"  # a gap that was filled
    assert of_stream("egress", fast, 11e6, 9.5e6).verdict == AGREES
    assert of_stream("egress", fast, 11e6, 10.9e6).verdict == DIFFERS
    assert of_stream("egress", fast, 9.4e6, 2e6).verdict == AGREES  # a slow start is none of its fault


def test_warnings() -> None:
    slow = Effect(delay=Delay(latency_ns=200 * MS))
    (limit,) = warnings(slow)
    assert "60mbit" in limit
    assert warnings(slow, emulated=True) == []
    assert "gso" in warnings(Effect(), offloads=["gso"])[0]
    assert "ARP" in warnings(Effect(loss=Loss(0.9)))[0]
    assert warnings(Effect(delay=Delay(latency_ns=200 * MS), rate=Rate(bits=1_000_000))) == []


def test_probes_take_a_fifth_of_the_slowest_rate() -> None:
    assert interval_for([Effect(), Effect(rate=Rate(bits=8_000))], 100) == 500 * MS
    assert interval_for([Effect()], 100) == 5 * MS
