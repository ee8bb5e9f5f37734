"""Presets: names for networks that there are, with where their figures are from. Pure.

A file has a table for each preset: ``title``, ``basis``, ``source``, the words of an effect, and ``outage``,
which only the emulation knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from procwire.shaping.emulation.conditions import Outage
from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import Effect
from procwire.shaping.quantities import span
from procwire.shaping.spelling import Value
from procwire.shaping.texts.located import Located
from procwire.shaping.words import SIDES, effects

BASES = ("published", "derived", "estimate", "imported", "own")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MAX_TEXT = 400  # characters
MAX_PRESETS = 1000  # of a file
_ABOUT = ("title", "basis", "source", "outage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """One preset; ``words`` are flat (``egress-rate``), ``origin`` is its file."""

    name: str
    title: str
    basis: str
    source: str
    words: Mapping[str, Value]
    outage: Outage | None = None
    origin: str = ""

    @property
    def effects(self) -> dict[str, Effect]:
        """Of each direction."""
        return effects(self.words)


def presets(file: Located) -> list[Preset]:
    """All of a file. Raises FileError with the line."""
    if not isinstance(file.values, dict) or len(file.values) > MAX_PRESETS:
        raise file.error((), f"a table for each preset is wanted, at most {MAX_PRESETS}")
    return [_preset(file, name, given) for name, given in file.values.items()]


def merged(preset: Mapping[str, Value], given: Mapping[str, Value]) -> dict[str, Value]:
    """A preset's words under those that were given: what says the same thing another way gives way, too."""
    gone = set()
    for name in given:
        for rival in (name, *_RIVALS.get(name, ())):
            gone |= {rival, *(f"{side}-{rival}" for side in SIDES)}
        side, _, plain = name.partition("-")
        if side in SIDES:
            gone |= {f"{side}-{rival}" for rival in _RIVALS.get(plain, ())}
    return {name: value for name, value in preset.items() if name not in gone} | dict(given)


_RIVALS = {
    "rtt": ("delay", "jitter", "distribution", "jitter-correlation", "keep-order"),
    "delay": ("rtt", "jitter", "distribution", "jitter-correlation", "keep-order"),
    "loss": ("burst", "loss-model"),
    "loss-model": ("burst", "loss"),
    "rate": ("bucket", "overhead", "cells", "queue"),
}  # what describes a delay, a loss or a rate goes with it


def outage(text: str) -> Outage:
    """``up=10s down=1s irregular hold``. Raises InvalidError."""
    spans: dict[str, int] = {}
    flags = set()
    for word in text.replace(",", " ").split():
        name, equals, value = word.partition("=")
        if equals and name in ("up", "down"):
            spans[name] = span(value, "outage")
        elif word in ("irregular", "hold", "drop"):
            flags.add(word)
        else:
            raise InvalidError(
                "outage", f"{word[:40]!r} is none of up=SPAN, down=SPAN, irregular, hold, drop"
            )
    if len(spans) != 2:
        raise InvalidError("outage", "say how long it is up and how long down: 'up=10s down=1s'")
    return Outage(
        up_ns=spans["up"], down_ns=spans["down"], irregular="irregular" in flags,
        fate="hold" if "hold" in flags else "drop",
    )  # fmt: skip


def flat(given: Mapping[str, Any]) -> dict[str, Value]:
    """Words of both directions and of each, as one level. Raises InvalidError."""
    found: dict[str, Value] = {}
    for name, value in given.items():
        plain = name.replace("_", "-")
        if plain in SIDES and isinstance(value, Mapping):
            found |= {f"{plain}-{word}": each for word, each in flat(value).items()}
        elif isinstance(value, str | int | float | bool):
            found[plain] = value
        else:
            raise InvalidError(plain, "must be text, a number or a truth value")
    return found


def _preset(file: Located, name: str, given: Any) -> Preset:
    if not NAME.fullmatch(name):
        raise file.error((name,), f"{name[:70]!r} is no name: letters, digits, dots, dashes, at most 64")
    if not isinstance(given, dict):
        raise file.error((name,), "a preset is a table")
    about = {key: _text(file, (name, key), given.get(key, "")) for key in _ABOUT}
    if about["basis"] and about["basis"] not in BASES:
        raise file.error((name, "basis"), f"basis must be one of {', '.join(BASES)}")
    try:
        words = flat({key: value for key, value in given.items() if key not in _ABOUT})
        made = Preset(
            name=name, title=about["title"] or name, basis=about["basis"] or "own", source=about["source"],
            words=words, outage=outage(about["outage"]) if about["outage"] else None, origin=file.name,
        )  # fmt: skip
        if not any(not effect.is_nothing for effect in made.effects.values()) and made.outage is None:
            raise InvalidError("", "says nothing that a network does")
    except InvalidError as error:
        raise file.wrong((name,), error) from None
    return made


def _text(file: Located, place: tuple[str, ...], value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise file.error(place, f"must be text of at most {MAX_TEXT} characters")
    return value
