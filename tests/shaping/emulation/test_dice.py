"""Random numbers: reproducible, and distributed as they say at 99.99 % confidence."""

from __future__ import annotations

from itertools import pairwise
from math import erfc, exp, sqrt

import pytest

from procwire.shaping.emulation.dice import Dice, Leaning, seed_of
from procwire.shaping.measure.intervals import Z_9999, allowed, farthest, wilson

COUNT = 20_000


def test_the_generator_is_splitmix64() -> None:
    """The first numbers of seed 0 are those of the authors' C program."""
    dice = Dice(0)
    assert [dice.word() for _ in range(3)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_streams_differ_by_every_part_of_their_name() -> None:
    seeds = {
        seed_of(1),
        seed_of(2),
        seed_of(1, "a"),
        seed_of(1, "a", "b"),
        seed_of(1, "ab"),
        seed_of(1, b"a", ""),
    }
    assert len(seeds) == 6
    assert seed_of(7, "x") == seed_of(7, b"x")


@pytest.mark.parametrize("correlation", [0.0, 0.25, 0.9])
def test_shares_are_uniform_whatever_they_lean_on(correlation: float) -> None:
    """Numbers that lean on each other are worth fewer: (1 - c) / (1 + c) of them."""
    leaning = Leaning(Dice(3), correlation)
    worth = int(COUNT * (1 - correlation) / (1 + correlation))
    distance = farthest([leaning.share() for _ in range(COUNT)], lambda x: x)
    assert distance < allowed(worth)


@pytest.mark.parametrize(("share", "correlation"), [(0.08, 0.25), (0.01, 0.1), (0.15, 0.3)])
def test_a_correlated_chance_is_the_one_that_was_asked_for(share: float, correlation: float) -> None:
    """netem loses 0.96 %, 0.015 % and 3.85 % for these."""
    leaning = Leaning(Dice(5), correlation)
    low, high = wilson(sum(leaning.hits(share) for _ in range(COUNT)), COUNT, Z_9999 * 1.3)
    assert low <= share <= high


def test_a_correlated_chance_comes_in_runs() -> None:
    leaning = Leaning(Dice(5), 0.8)
    hits = [leaning.hits(0.1) for _ in range(COUNT)]
    after = [second for first, second in pairwise(hits) if first]
    assert sum(after) / len(after) > 0.4


def test_normal_and_exponential() -> None:
    dice = Dice(9)
    normal = [dice.normal() for _ in range(COUNT)]
    assert farthest(normal, lambda x: 0.5 * erfc(-x / sqrt(2))) < allowed(COUNT)
    waits = [dice.exponential(3.0) for _ in range(COUNT)]
    assert farthest(waits, lambda x: 1 - exp(-x / 3.0)) < allowed(COUNT)


def test_whole_numbers_stay_below_their_bound() -> None:
    dice = Dice(1)
    assert {dice.below(3) for _ in range(200)} == {0, 1, 2}


def test_what_never_happens_draws_nothing_and_what_always_does_is_certain() -> None:
    dice = Dice(1)
    leaning = Leaning(dice)
    before = Dice(1).word()
    assert not leaning.hits(0.0)
    assert dice.word() == before
    assert all(leaning.hits(1.0) for _ in range(100))
