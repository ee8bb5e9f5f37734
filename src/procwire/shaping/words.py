"""The words that describe an effect, the same on a command line, in TOML and in JSON. Pure.

``WORDS`` is the list that options, completions and documents are made of. A word stands for both directions;
``egress-rate`` and ``ingress-rate`` stand for one, and win. ``rtt`` is shared out among the directions that
are shaped; ``delay`` is one-way, in each of them.
"""

from __future__ import annotations

from typing import NamedTuple

from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import DISTRIBUTIONS, Direction, Effect
from procwire.shaping.spelling import Value, Words, effect

SIDES = ("egress", "ingress")


class Word(NamedTuple):
    """One word: its name, what stands for its value in help (empty: none, it is a flag), and its sentence."""

    name: str
    value: str
    help: str


WORDS = (
    Word("rtt", "SPAN", "add so much to a round trip, shared out among the directions shaped (200ms)"),
    Word("delay", "SPAN", "add so much one-way, in each direction shaped (100ms)"),
    Word("jitter", "SPAN", "vary each delay by so much, each way (20ms)"),
    Word("distribution", "NAME", f"how jitter is spread: {', '.join(DISTRIBUTIONS)}"),
    Word("jitter-correlation", "SHARE", "how much a delay is like the one before it (25%%)"),
    Word("keep-order", "", "no packet overtakes another, whatever its jitter; the mean delay is higher then"),
    Word("loss", "SHARE", "lose so many packets in each direction (3%%)"),
    Word("burst", "PACKETS", "lose them in bursts of so many on average (5)"),
    Word("loss-model", "MODEL", "'gilbert-elliott enter=1%% leave=10%% bad=100%% good=0%%' or "
         "'four-state p13=1%% p31=20%% p32=0%% p23=100%% p14=0%%'"),
    Word("duplicate", "SHARE", "send so many packets twice (1%%)"),
    Word("reorder", "SHARE", "let so many packets overtake, by not delaying them (25%%, '25%% gap=5')"),
    Word("corrupt", "SHARE", "flip a bit in so many packets (0.1%%)"),
    Word("rate", "RATE", "a bottleneck of so many bits a second (2mbit)"),
    Word("bucket", "SIZE", "bytes that pass the bottleneck at once (16kb)"),
    Word("overhead", "BYTES", "what the link adds to each packet (4), for the rate"),
    Word("cells", "BYTES", "the link sends cells: payload and header of each ('48+5'), for the rate"),
    Word("queue", "PACKETS", "how many packets may wait (default: from rate and delay)"),
    Word("ecn", "", "mark packets that would be lost, where they can be marked"),
    Word("slot", "SPAN", "let packets leave together: '20ms-30ms packets=5 bytes=3000'"),
)  # fmt: skip
NAMES = frozenset(word.name for word in WORDS)


def effects(words: Words, direction: Direction = "both") -> dict[str, Effect]:
    """The effect of each direction of ``direction``, and of each that words name. Raises InvalidError."""
    shared, own = _sorted_out(words)
    named = [side for side in SIDES if own[side]]
    wanted = [side for side in SIDES if direction in (side, "both")]
    if not shared and named:
        wanted = [side for side in wanted if own[side]]
    for side in named:
        if side not in wanted:
            raise InvalidError(f"{side}-{next(iter(own[side]))}", f"only {direction} is to be shaped")
    made = {}
    for number, side in enumerate(wanted):
        mine = _without_rivals(shared, own[side]) | own[side]
        unknown = sorted(set(mine) - NAMES)
        if unknown:
            raise InvalidError(unknown[0], f"is no word of an effect; there are {', '.join(sorted(NAMES))}")
        try:
            made[side] = effect(mine, ways=len(wanted), first=number == 0)
        except InvalidError as wrong:
            raise wrong.within(side) if wrong.field in own[side] else wrong from None
    return made


def _sorted_out(words: Words) -> tuple[dict[str, Value], dict[str, dict[str, Value]]]:
    """Words of both directions, and those of one."""
    shared: dict[str, Value] = {}
    own: dict[str, dict[str, Value]] = {side: {} for side in SIDES}
    for name, value in words.items():
        name = name.replace("_", "-")
        side, dash, rest = name.partition("-")
        (own[side] if dash and side in SIDES else shared)[rest if dash and side in SIDES else name] = value
    return shared, own


def _without_rivals(shared: dict[str, Value], own: dict[str, Value]) -> dict[str, Value]:
    """Without what a direction's own delay or loss takes the place of."""
    rivals = {"delay": {"rtt"}, "rtt": {"delay"}, "loss": {"loss-model"}, "loss-model": {"loss", "burst"}}
    gone = {rival for name in own for rival in rivals.get(name, ())}
    return {name: value for name, value in shared.items() if name not in gone}
