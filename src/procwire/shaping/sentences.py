"""What an impairment comes to, in words for people. Pure."""

from __future__ import annotations

from procwire.shaping.impairment import Effect, Impairment
from procwire.shaping.quantities import show_span
from procwire.shaping.spelling import words_of
from procwire.shaping.steps import Part


def said(wanted: Impairment, parts: tuple[Part, ...] = ()) -> tuple[str, ...]:
    """What it comes to, for people: one-way and round trip are never left to be guessed."""
    lines = [f"only {'; or '.join(str(each) for each in wanted.selectors)}"] if wanted.selectors else []
    lines += [f"{side}: {in_words(effect)}" for side, effect in wanted.effects.items()]
    delays = {side: effect.latency_ns for side, effect in wanted.effects.items() if effect.latency_ns}
    if delays:
        ways = " and ".join(f"{show_span(ns)} one-way in {side}" for side, ns in delays.items())
        lines.append(f"delay: {ways}; a round trip is {show_span(wanted.round_trip_ns)} longer")
    lines += [f"{side}: {note}" for side, effect in wanted.effects.items() if (note := _correlated(effect))]
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    return (*lines, *notes)


def _correlated(effect: Effect) -> str:
    """What netem's generator makes of a correlated jitter (net/sched/sch_netem.c, get_crandom, tabledist)."""
    delay = effect.delay
    if delay is None or not delay.correlation:
        return ""
    if delay.distribution != "uniform":
        return "the kernel picks from a distribution by the low bits, where next to nothing is correlated"
    spread = ((1 - delay.correlation) / (1 + delay.correlation)) ** 0.5
    return f"correlated, the jitter has {spread:.0%} of the spread that it says"


def in_words(effect: Effect) -> str:
    """An effect, as it would be asked for."""
    told = words_of(effect)
    return " ".join(name if value is True else f"{name} {value}" for name, value in told.items()) or "nothing"
