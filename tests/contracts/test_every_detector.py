"""Every detector finds what it is for, and says nothing of what is harmless: a few of bench.detect's cases,
each drawn with a seed.
"""

from __future__ import annotations

import random

import pytest
from bench.cases import CASES, HARMLESS
from bench.detect import heard, words

from procwire.detect.registry import DETECTORS

MADE = {detector.NAME: detector for detector in DETECTORS}
DRAWN = 3


def test_every_detector_has_a_case() -> None:
    assert {of for of, *_ in CASES.values()} == set(MADE)


@pytest.mark.parametrize("name", CASES)
def test_what_must_be_found_is_and_what_must_not_is_not(name: str) -> None:
    of, says, bad, good = CASES[name]
    draw = random.Random(f"law {name}")
    assert all(heard(MADE[of](), bad(draw), says) for _ in range(DRAWN))
    assert not any(heard(MADE[of](), good(draw)) for _ in range(DRAWN))


@pytest.mark.parametrize("name", HARMLESS)
def test_of_what_is_harmless_no_detector_says_anything(name: str) -> None:
    draw = random.Random(f"law {name}")
    assert [words(HARMLESS[name](draw)) for _ in range(DRAWN)] == [set()] * DRAWN
