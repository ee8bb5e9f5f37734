"""Impairments as plain dictionaries, so as TOML and JSON have them. Pure.

::

    target = "container:web"
    rtt = "200ms"                      # words of both directions
    loss = "3%"
    match = ["peer=10.0.0.0/8 port=443"]
    [ingress]                          # words of one
    rate = "10mbit"

``impairment(document(x)) == x`` for every impairment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import Direction, Effect, Impairment
from procwire.shaping.selection import MAX_SELECTORS, Selector, selector
from procwire.shaping.spelling import Value, words_of
from procwire.shaping.target import Target, target
from procwire.shaping.words import NAMES, SIDES, effects

MAX_LABELS = 32
MAX_LABEL = 256  # characters
OTHERS = ("target", "interface", "direction", "match", "exempt", "seed", "labels")
DIRECTIONS: tuple[Direction, ...] = ("egress", "ingress", "both")


def impairment(given: Mapping[str, Any], whose: Target | None = None) -> Impairment:
    """What a document says. Raises InvalidError. ``whose`` is the target where the document names none."""
    unknown = sorted(str(name) for name in given if not _is_known(name))
    if unknown:
        raise InvalidError(
            unknown[0][:60], f"is not known; there are {', '.join(sorted((*OTHERS, *SIDES, *NAMES)))}"
        )
    if whose is None or "target" in given:
        whose = target(_text(given, "target"), _text(given, "interface") if "interface" in given else "")
    wanted = given.get("direction", "both")
    direction = next((known for known in DIRECTIONS if known == wanted), None)
    if direction is None:
        raise InvalidError("direction", f"must be one of {', '.join(DIRECTIONS)}, not {str(wanted)[:40]!r}")
    made = effects(_words(given), direction)
    for side in SIDES:  # an empty table is a direction that is watched over and changed in nothing
        if given.get(side) == {} and direction in (side, "both"):
            made.setdefault(side, Effect())
    seed = given.get("seed")
    return Impairment(
        target=whose,
        egress=made.get("egress"),
        ingress=made.get("ingress"),
        selectors=_selectors(given, "match"),
        exempt=_selectors(given, "exempt"),
        seed=seed,
        labels=_labels(given.get("labels", {})),
    )


def document(given: Impairment) -> dict[str, Any]:
    """The document of an impairment, plain values only."""
    told: dict[str, Any] = {"target": str(given.target)}
    own = given.target.interface
    if own and str(own) != told["target"] and not told["target"].endswith((f"/{own}", f":{own}")):
        told["interface"] = own
    told["direction"] = given.direction
    told |= {side: words_of(effect) for side, effect in given.effects.items()}
    for name, selectors in (("match", given.selectors), ("exempt", given.exempt)):
        if selectors:
            told[name] = [str(each) for each in selectors]
    if given.seed is not None:
        told["seed"] = given.seed
    if given.labels:
        told["labels"] = dict(given.labels)
    return told


def _is_known(name: Any) -> bool:
    if not isinstance(name, str):
        return False
    plain = name.replace("_", "-")
    return (
        plain in OTHERS or plain in SIDES or plain.removeprefix("egress-").removeprefix("ingress-") in NAMES
    )


def _words(given: Mapping[str, Any]) -> dict[str, Value]:
    """The words of all directions, flat."""
    found: dict[str, Value] = {}
    for name, value in given.items():
        plain = name.replace("_", "-")
        if plain in SIDES:
            if not isinstance(value, Mapping):
                raise InvalidError(plain, "must be a table of words")
            found |= {f"{plain}-{word}": _value(f"{plain}.{word}", each) for word, each in value.items()}
        elif plain not in OTHERS:
            found[plain] = _value(plain, value)
    return found


def _value(name: str, value: Any) -> Value:
    if not isinstance(value, str | int | float | bool):
        raise InvalidError(name, "must be text, a number or a truth value")
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise InvalidError(name, "must be given as text")
    return value


def _selectors(given: Mapping[str, Any], name: str) -> tuple[Selector, ...]:
    texts = given.get(name, ())
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
        raise InvalidError(name, "must be a list of texts")
    if len(texts) > MAX_SELECTORS:
        raise InvalidError(name, f"at most {MAX_SELECTORS} of them")
    return tuple(selector(text) for text in texts)


def _labels(given: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, Mapping) or len(given) > MAX_LABELS:
        raise InvalidError("labels", f"must be a table of at most {MAX_LABELS} texts")
    for name, value in given.items():
        if not isinstance(value, str) or len(value) > MAX_LABEL or not isinstance(name, str):
            raise InvalidError("labels", f"must be texts of at most {MAX_LABEL} characters")
    return tuple(sorted(given.items()))
