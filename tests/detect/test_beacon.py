from __future__ import annotations

import random

import pytest

from procwire.detect.beacon import Beacon, alike, periodic, rhythm, steady
from procwire.detect.contract import SECOND
from tests.detect.made import START, flow, lived, process


def calls(every: float, jitter: float, count: int = 60, *, seed: int = 1, **more: object) -> list[object]:
    """Calls of about the same size; ``jitter`` is a share of the interval, either way."""
    draw, at, made = random.Random(seed), 0.0, []
    for number in range(count):
        size = round(400 * (1 + draw.uniform(-0.02, 0.02)))
        made.append(flow(at=at, payload_out=size, number=number + 1, **more))  # type: ignore[arg-type]
        at += every * (1 + draw.uniform(-jitter, jitter))
    return made


@pytest.mark.parametrize("every", [5, 60, 3600])
@pytest.mark.parametrize("jitter", [0, 0.05, 0.2])
def test_regular_calls_of_one_program(every: float, jitter: float) -> None:
    found = lived(Beacon(), calls(every, jitter, owner=process("/tmp/x"), server_name="c2.example.net"))
    assert found
    assert (found[0].target, found[0].port, found[0].process) == ("c2.example.net", 443, "x")
    assert set(dict(found[0].scores)) == {"interval", "rhythm", "periodic", "size", "steady"}
    assert found[0].score is not None
    assert 0.8 <= found[0].score <= 1


def test_a_call_that_is_missed_now_and_then_does_not_hide_it() -> None:
    made = [one for at, one in enumerate(calls(60, 0.05, 80)) if at % 9]
    assert lived(Beacon(), made)


def test_it_is_told_again_only_when_there_is_twice_as_much() -> None:
    assert len(lived(Beacon(), calls(60, 0, 100))) == 4  # at 12, 24, 48, 96


def browsing() -> list[object]:
    draw = random.Random(7)
    at, made = 0.0, []
    for _ in range(300):
        at += draw.expovariate(1 / 40)
        made.append(flow(at=at, payload_out=round(draw.lognormvariate(6, 1))))
    return made


def polling() -> list[object]:
    """Segments of a stream: every few seconds, sizes alike, but in bursts with pauses."""
    draw = random.Random(8)
    at, made = 0.0, []
    for _ in range(40):
        for _ in range(draw.randint(1, 9)):
            at += draw.uniform(1, 9)
            made.append(flow(at=at, payload_out=draw.randint(200, 900)))
        at += draw.uniform(60, 900)
    return made


@pytest.mark.parametrize(
    "flows",
    [
        browsing(),
        polling(),
        calls(64, 0, app="ntp", proto=17, port=123),
        calls(10, 0, dst="10.0.0.80"),
        calls(60, 0, answered=False),
        calls(0.2, 0, 200),
        calls(60, 0, 9),
        calls(10, 0, owner=process("/usr/sbin/nginx"), side="dst"),
        calls(30, 0, dst="224.0.0.251", proto=17, app="mdns"),
    ],
    ids=["browsing", "polling", "ntp", "health-check", "unanswered", "pieces", "few", "asked", "dns-sd"],
)  # fmt: skip
def test_what_is_harmless_is_left_alone(flows: list[object]) -> None:
    assert lived(Beacon(), flows) == []


def test_what_many_call_is_held_for_common() -> None:
    """Telemetry: the same place, called by many programs, each about as regularly as a beacon with jitter."""
    alone = lived(Beacon(), calls(600, 0.3))
    made = [calls(600, 0.3, seed=number, src=f"10.0.0.{number}") for number in range(5, 10)]
    together = sorted((one for source in made for one in source), key=lambda one: one.first)  # type: ignore[attr-defined]
    assert len(lived(Beacon(), together)) < 5 * max(1, len(alone))


def test_private_addresses_where_that_is_wanted() -> None:
    assert lived(Beacon({"internal": 1}), calls(10, 0, dst="10.0.0.80"))


def test_the_measures_by_hand() -> None:
    assert alike([60] * 20) == 1
    assert alike([0, 0, 0, 0]) == 1
    assert alike([0, 0, 0, 9]) == 0
    assert alike([1, 50, 90, 1000, 5, 70, 3]) < 0.5
    # quartiles of 1..7 are 2.5, 4, 5.5: no skew; the median deviation of 2 is half the median
    assert alike([1, 2, 3, 4, 5, 6, 7]) == pytest.approx((0.5 + 1) / 2)
    times = [START + round(at * 60 * SECOND) for at in (0, 1, 2, 4, 4.5)]
    assert rhythm(times, 60 * SECOND) == 3 / 4
    assert steady([0, 1]) == 2 / 12
    assert periodic([at * 60 for at in range(100)], 60) == pytest.approx(1, abs=0.05)
    assert periodic([5, 5, 5], 60) == 0
    assert steady(list(range(0, 1200, 100))) == 1


@pytest.mark.parametrize("jitter", [0, 0.1, 0.24])
def test_the_autocovariance_bears_jitter_and_tells_chance_from_order(jitter: float) -> None:
    draw = random.Random(3)
    regular, chance, at, other = [], [], 0.0, 0.0
    for _ in range(400):
        at += 60 * (1 + draw.uniform(-jitter, jitter))
        other += draw.expovariate(1 / 60)
        regular.append(round(at * SECOND))
        chance.append(round(other * SECOND))
    assert periodic(regular, 60 * SECOND) > 0.9
    assert periodic(chance, 42 * SECOND) < 0.3  # the median of such intervals
