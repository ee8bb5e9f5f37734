"""Whether what was measured between two moments is what a check wants. Pure.

Loss is judged by its interval: it fails where the true share is outside the bounds at 99 %, as far as so many
packets can tell. A check that nothing was measured for fails, and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from procwire.shaping.failure import InvalidError
from procwire.shaping.measure.comparison import percent, spoken, spoken_rate
from procwire.shaping.measure.intervals import Z_99, wilson
from procwire.shaping.quantities import rate, share, span
from procwire.shaping.scenario.plan import Check
from procwire.shaping.target import Target

_FORM = re.compile(r"\s*(?:(<|>|<=|>=|=)\s*([^.<>=][^<>=]*?)|([^<>=]+?)\s*\.\.\s*([^<>=]+?))\s*")
_NEAR = 0.1  # what "=" allows on both sides


@dataclass(frozen=True, slots=True)
class Sample:
    """Counted so far, of one target, both directions together; waits are of each direction."""

    at: int
    tried: int = 0
    lost: int = 0
    arrived_bytes: int = 0
    waits: tuple[tuple[int, int], ...] = ()  # (packets, ns) of each direction


class Meter(Protocol):
    """Who counts."""

    def sample(self, target: Target, now: int) -> Sample | None:
        """None where nothing is counted for this target."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check of one round."""

    check: Check
    loop: int
    passed: bool
    measured: str


def bounds(measure: str, text: str) -> tuple[float | None, float | None]:
    """``<5%``, ``>100ms``, ``1mbit..2mbit``, ``=3%`` (give or take a tenth). Raises InvalidError."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise InvalidError(measure, f"{text[:40]!r} is no bound, such as '<5%', '>100ms' or '1mbit..2mbit'")
    sign, one, low, high = found.groups()
    if sign is None:
        ends = _number(measure, low), _number(measure, high)
        if ends[0] > ends[1]:
            raise InvalidError(measure, "the lower bound comes first")
        return ends
    number = _number(measure, one)
    if sign == "=":
        return number * (1 - _NEAR), number * (1 + _NEAR)
    return (None, number) if sign.startswith("<") else (number, None)


def judged(check: Check, loop: int, first: Sample | None, last: Sample | None) -> Verdict:
    """One verdict."""
    if first is None or last is None or last.at <= first.at:
        return Verdict(check, loop, False, "nothing is measured for this target")
    if check.measure == "loss":
        tried, lost = max(0, last.tried - first.tried), max(0, last.lost - first.lost)
        low, high = wilson(lost, tried, Z_99)
        fits = (check.low is None or high >= check.low) and (check.high is None or low <= check.high)
        return Verdict(
            check, loop, fits and tried > 0, f"{percent(lost / tried) if tried else '-'}, {lost} of {tried}"
        )
    if check.measure == "goodput":
        bits = (last.arrived_bytes - first.arrived_bytes) * 8e9 / (last.at - first.at)
        return Verdict(check, loop, _fits(check, bits), spoken_rate(bits))
    if not last.waits:
        return Verdict(check, loop, False, "nothing: round trips are not measured on this target")
    trip = _trip(first, last)
    if trip is None:
        return Verdict(check, loop, False, "no packet passed both ways")
    return Verdict(check, loop, _fits(check, trip), spoken(trip))


def _trip(first: Sample, last: Sample) -> float | None:
    """What a round trip took on average: the means of both directions."""
    total = 0.0
    for (old_count, old_ns), (count, ns) in zip(first.waits, last.waits, strict=False):
        if count <= old_count:
            return None
        total += (ns - old_ns) / (count - old_count)
    return total if last.waits else None


def _fits(check: Check, value: float) -> bool:
    return (check.low is None or value >= check.low) and (check.high is None or value <= check.high)


def _number(measure: str, text: str) -> float:
    if measure == "loss":
        return share(text, measure)
    return float(span(text, measure) if measure == "rtt" else rate(text, measure))
