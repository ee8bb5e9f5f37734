"""Spans of scenarios."""

from __future__ import annotations

from procwire.shaping.scenario.plan import Scenario, Step, Track, called
from tests.shaping.scenario.scenes import COMMAND, ETH0, SECOND


def test_a_round_is_as_long_as_its_longest_track() -> None:
    tracks = tuple(
        Track(target=ETH0, steps=tuple(Step(span_ns=SECOND) for _ in range(count))) for count in (2, 5, 1)
    )
    assert Scenario(name="x", tracks=tracks).span_ns == 5 * SECOND
    assert [called(one) for one in (COMMAND, ETH0)] == ["the command", "eth0"]
