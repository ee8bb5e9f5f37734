"""Options of effects."""

from __future__ import annotations

import argparse

import pytest

from procwire.cli.shape_words import add_effects, effect_words
from procwire.engine.options import EngineError
from procwire.shaping.words import WORDS, effects


def words(*given: str) -> dict[str, object]:
    parser = argparse.ArgumentParser()
    add_effects(parser)
    return effect_words(parser.parse_args(given))


def test_every_word_is_an_option() -> None:
    for word in WORDS:
        assert words(f"--{word.name}", *([] if not word.value else ["1"])) == {
            word.name: "1" if word.value else True
        }


def test_directions_have_their_own() -> None:
    given = words(
        "--rtt", "200ms", "--ingress-loss", "3%", "--effect", "egress-burst=2", "--effect", "loss=5%"
    )
    assert given == {"rtt": "200ms", "ingress-loss": "3%", "egress-burst": "2", "loss": "5%"}
    made = effects(given)  # type: ignore[arg-type]
    assert made["ingress"].loss is not None
    assert made["ingress"].loss.mean == pytest.approx(0.03)


def test_an_effect_is_a_word_and_its_value() -> None:
    with pytest.raises(EngineError, match="burst=5"):
        words("--effect", "burst")
