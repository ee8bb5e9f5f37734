from __future__ import annotations

import pytest
from hypothesis import given

from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import Delay, Effect
from procwire.shaping.loss import FourState, GilbertElliott
from procwire.shaping.spelling import Words, effect, words_of
from tests.shaping.strategies import effects


@given(effects())
def test_an_effect_is_read_as_it_is_written(wanted: Effect) -> None:
    told = words_of(wanted)
    assert effect(told) == wanted
    assert effect({name: str(value).lower() if value is True else str(value) for name, value in told.items()})


def test_models_are_written_out() -> None:
    assert effect({"loss-model": "gilbert-elliott enter=1% leave=10%"}).loss == GilbertElliott(0.01, 0.1)
    assert effect({"loss-model": "four-state p13=1% p31=20% p32=30% p23=40% p14=0.5%"}).loss == FourState(
        0.01, 0.2, 0.3, 0.4, 0.005
    )


def test_a_round_trip_is_shared_out_to_the_last_ns() -> None:
    first, second = (effect({"rtt": "201ns"}, ways=2, first=first) for first in (True, False))
    assert (first.delay, second.delay) == (Delay(latency_ns=101), Delay(latency_ns=100))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"loss": "8% 25%"}, "loss: correlated loss is not what it says: 8% with 25% loses 0.91%"),
        ({"loss": "8% 99%"}, "loss: is one share"),
        ({"loss": "1% 2% 3%"}, "loss: '1% 2% 3%'"),
        ({"loss": ""}, "loss: ''"),
        ({"loss": "3%", "loss-model": "four-state"}, "loss-model: says all of the loss"),
        ({"loss-model": "four-state p13=1%"}, "loss-model: four-state needs p31"),
        ({"loss-model": "magic"}, "loss-model: 'magic' is not one of"),
        ({"loss-model": "four-state p13=1% p31=5% q=1%"}, "loss-model: 'q=1%' is not one of"),
        ({"loss-model": "gilbert-elliott enter=200% leave=1%"}, "loss-model.enter: must be between"),
        ({"burst": "5"}, "burst: needs a loss"),
        ({"loss": "5%", "burst": "many"}, "burst: 'many' is not"),
        ({"loss": "5%", "burst": "nan"}, "burst: must be between"),
        ({"jitter": "5ms"}, "jitter: needs a delay"),
        ({"delay": "5ms", "rtt": "5ms"}, "rtt: and delay are two ways"),
        ({"rtt": "9h"}, "rtt: must be between 0 and"),
        ({"delay": "5ms", "jitter": "1ms", "distribution": "cauchy"}, "distribution: must be one of"),
        ({"bucket": "5kb"}, "bucket: needs a rate"),
        ({"rate": "1bit"}, "rate: must be between 8"),
        ({"rate": "1mbit", "cells": "0+5"}, "cells: needs cell_bytes"),
        ({"reorder": "5%"}, "reorder: needs a delay"),
        ({"slot": "5ms-1ms"}, "slot: must be at least"),
        ({"slot": "5ms apples=3"}, "slot: 'apples=3'"),
        ({"ecn": "maybe", "loss": "1%"}, "ecn: is yes or no"),
        ({"queue": "1.5"}, "queue: '1.5' is not a whole number"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_by_its_word(words: Words, says: str) -> None:
    with pytest.raises(InvalidError) as raised:
        effect(words)
    assert str(raised.value).startswith(says)
