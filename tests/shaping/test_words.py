from __future__ import annotations

import pytest

from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import Delay, Rate
from procwire.shaping.loss import Loss
from procwire.shaping.words import NAMES, WORDS, Word, effects


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_every_word_is_explained(word: Word) -> None:
    assert word.help
    assert word.help % {} if "%%" in word.help else word.help
    assert word.name in NAMES


def test_a_command_line_becomes_an_effect_each_way() -> None:
    made = effects({"loss": "3%", "rtt": "200ms", "rate": "2mbit", "jitter": "20ms"})
    assert set(made) == {"egress", "ingress"}
    for each in made.values():
        assert each.delay == Delay(latency_ns=100_000_000, jitter_ns=20_000_000)
        assert each.loss == Loss(0.03)
        assert each.rate == Rate(bits=2_000_000)


def test_one_direction_bears_a_whole_round_trip() -> None:
    made = effects({"rtt": "200ms"}, "egress")
    assert {name: each.latency_ns for name, each in made.items()} == {"egress": 200_000_000}


def test_words_of_one_direction_win() -> None:
    made = effects({"rtt": "200ms", "egress-rate": "1mbit", "ingress_rate": "10mbit", "ingress-delay": "3ms"})
    assert (made["egress"].rate, made["ingress"].rate) == (Rate(bits=10**6), Rate(bits=10**7))
    assert (made["egress"].latency_ns, made["ingress"].latency_ns) == (100_000_000, 3_000_000)
    assert set(effects({"ingress-loss": "1%"})) == {"ingress"}
    made = effects({"loss": "5%", "burst": 4, "ingress-loss-model": "gilbert-elliott enter=1% leave=9%"})
    assert made["egress"].loss == Loss(0.05, 4)


def test_what_is_wrong_is_told_with_its_direction() -> None:
    with pytest.raises(InvalidError, match=r"^ingress\.loss: must be between"):
        effects({"ingress-loss": "130%"})
    with pytest.raises(InvalidError, match=r"^egress-loss: only ingress"):
        effects({"egress-loss": "1%"}, "ingress")
    with pytest.raises(InvalidError, match=r"^los: is no word"):
        effects({"los": "1%"})
