"""Flows are found among many, and the oldest of a kind is known."""

from __future__ import annotations

import random

from procwire.flows.bits import KINDS
from procwire.flows.index import START, Index
from tests.flows.script import Stage, packet


def test_an_empty_index_is_small() -> None:
    index = Index(1_000_000)
    assert len(index) == 0
    assert list(index) == []


def test_those_of_a_kind_are_counted() -> None:
    stage = Stage()
    for port in range(5):
        stage.play(packet(proto=17, sport=1000 + port, dport=53, at=port))
    assert (stage.tracker.counts.active, stage.tracker.counts.lingering) == (5, 0)
    assert [Index(9).held(kind) for kind in range(KINDS)] == [0] * KINDS


def test_it_grows_and_finds_what_it_has_after_any_coming_and_going() -> None:
    rng = random.Random(7)
    stage = Stage(max_flows=3 * START)
    alive: dict[int, int] = {}
    for turn in range(9 * START):
        port = rng.randrange(1, 60_000)
        alive[port] = turn
        stage.play(packet(proto=17, sport=port, dport=53, at=turn))
        if turn % 1000 == 0:
            assert len(list(stage.tracker.active())) == stage.tracker.counts.active
    kept = sorted(alive, key=lambda port: -alive[port])[: 3 * START]
    assert {flow.sport for flow in stage.tracker.active()} == set(kept)
    assert stage.balanced()
