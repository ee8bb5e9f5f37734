"""Options that describe an effect, the same wherever one is given, and what only the emulation knows."""

from __future__ import annotations

import argparse
from typing import Any

from procwire.cli import exit
from procwire.engine.options import EngineError
from procwire.shaping.preset import Preset, merged
from procwire.shaping.words import SIDES, WORDS

ONE_WAY = ("delay", "jitter", "loss", "rate")  # with options of their own for each direction


def add_effects(parser: argparse.ArgumentParser) -> None:
    """--rtt, --loss and the rest; --egress-rate and its like for what differs by direction."""
    group = parser.add_argument_group("what the network does")
    group.add_argument(
        "--preset",
        metavar="NAME",
        help="as a network that has a name (see shape presets list); other words go before",
    )
    group.add_argument(
        "--presets", action="append", default=[], metavar="DIR", help="also the presets in DIR"
    )
    for word in WORDS:
        _add(group, word.name, word.value, word.help)
    for side, whose in zip(SIDES, ("sent", "received"), strict=True):
        for word in WORDS:
            if word.name in ONE_WAY:
                _add(group, f"{side}-{word.name}", word.value, f"--{word.name} of what is {whose} alone")
    group.add_argument(
        "--effect", action="append", default=[], metavar="WORD=VALUE",
        help="any of these words, also with egress- or ingress- in front: ingress-burst=5",
    )  # fmt: skip
    group.add_argument(
        "--match", action="append", default=[], metavar="SELECTOR",
        help="only traffic with these peers, ports or protocol: 'peer=10.0.0.0/8 port=443 protocol=tcp'",
    )  # fmt: skip
    group.add_argument(
        "--exempt",
        action="append",
        default=[],
        metavar="SELECTOR",
        help="traffic that always passes untouched",
    )
    group.add_argument("--seed", type=int, metavar="N", help="the same N does the same to the same packets")


def effect_words(arguments: argparse.Namespace) -> dict[str, Any]:
    """The words that were given. Raises EngineError."""
    found: dict[str, Any] = {}
    for name in (*(word.name for word in WORDS), *(f"{side}-{name}" for side in SIDES for name in ONE_WAY)):
        value = getattr(arguments, name.replace("-", "_"))
        if value:
            found[name] = value
    for pair in arguments.effect:
        name, equals, value = pair.partition("=")
        if not equals:
            raise EngineError(
                f"--effect {pair}: a word and its value are wanted, such as burst=5", exit.USAGE
            )
        found[name.strip()] = value.strip()
    preset = preset_of(arguments)
    return found if preset is None else merged(preset.words, found)


def preset_of(arguments: argparse.Namespace) -> Preset | None:
    """The preset that was named. Raises InvalidError."""
    if not arguments.preset:
        return None
    from procwire.shaping.library import Library

    return Library(arguments.presets).named(arguments.preset)


def _add(group: Any, name: str, value: str, text: str) -> None:
    if value:
        group.add_argument(f"--{name}", metavar=value, help=text)
    else:
        group.add_argument(f"--{name}", action="store_true", help=text)
