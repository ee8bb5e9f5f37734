"""An impairment as sliders: words of ``procwire shape set`` with the stops of each. Pure.

What is between two stops can be typed, and stands where it belongs. What an impairment has beyond the
sliders is kept, and goes along when it is changed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import msgspec

OFF = ""  # the word is not given


class Slider(msgspec.Struct, frozen=True, kw_only=True):
    """One word: its title, its stops from nothing to a lot, and what it means."""

    name: str
    title: str
    stops: tuple[str, ...]
    doc: str


def _stops(text: str) -> tuple[str, ...]:
    return (OFF, *text.split())


_SHARES = _stops("0.1% 0.5% 1% 2% 3% 5% 10% 20% 30% 50% 100%")
_SPANS = _stops("1ms 5ms 10ms 20ms 50ms 100ms 150ms 200ms 300ms 500ms 800ms 1s 2s 5s")
_RATES = _stops("32kbit 64kbit 128kbit 256kbit 512kbit 1mbit 2mbit 5mbit 10mbit 20mbit 50mbit 100mbit 1gbit")
SLIDERS = (
    Slider(name="rtt", title="round trip", stops=_SPANS, doc="added to a round trip, both ways together"),
    Slider(name="jitter", title="jitter", stops=_SPANS[:11], doc="each delay varies by so much"),
    Slider(name="loss", title="loss", stops=_SHARES, doc="so many packets are lost, each way"),
    Slider(name="rate", title="rate", stops=_RATES, doc="a bottleneck of so many bits a second, each way"),
    Slider(name="ingress-rate", title="rate received", stops=_RATES, doc="of what the target receives alone"),
    Slider(name="egress-rate", title="rate sent", stops=_RATES, doc="of what the target sends alone"),
    Slider(name="duplicate", title="duplicates", stops=_SHARES, doc="so many packets are sent twice"),
    Slider(name="reorder", title="reordering", stops=_SHARES, doc="so many overtake; needs a round trip"),
    Slider(name="corrupt", title="corruption", stops=_SHARES, doc="a bit is flipped in so many packets"),
    Slider(name="direction", title="direction", stops=(OFF, "both", "egress", "ingress"),
           doc="egress: what the target sends; ingress: what it receives"),
    Slider(name="lease", title="lease", stops=_stops("1m 5m 15m 30m 1h 4h 12h 1d 7d"),
           doc="after so long everything is as it was (1h where nothing is said)"),
    Slider(name="confirm", title="confirm", stops=_stops("10s 30s 1m 2m 5m"),
           doc="undone after so long unless you confirm: for a network that you sit behind"),
)  # fmt: skip
BY_NAME = {slider.name: slider for slider in SLIDERS}
_SCALES = {
    "": 1.0, "%": 1.0, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0,
    "bit": 1.0, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9,
}  # fmt: skip
_AMOUNT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z%]*)\s*")


def amount(text: str) -> float | None:
    """A value as a number, to compare it with others of its word; None for one that is no amount."""
    found = _AMOUNT.fullmatch(text.lower())
    if found is None or found[2] not in _SCALES:
        return None
    return float(found[1]) * _SCALES[found[2]]


def place(slider: Slider, value: str) -> float:
    """Where a value stands, 0 to 1; one between two stops stands between them."""
    if value in slider.stops:
        return slider.stops.index(value) / (len(slider.stops) - 1)
    known = [amount(stop) or 0.0 for stop in slider.stops]
    mine = amount(value)
    if mine is None:
        return 0.0
    after = min(bisect_left(known, mine), len(known) - 1)
    return max(0.0, after - 0.5) / (len(known) - 1)


def slid(slider: Slider, value: str, steps: int) -> str:
    """The stop so many steps on."""
    if value in slider.stops:
        here = slider.stops.index(value)
    else:
        known = [amount(stop) or 0.0 for stop in slider.stops]
        mine = amount(value) or 0.0
        here = bisect_left(known, mine) if steps < 0 else bisect_right(known, mine) - 1
    return slider.stops[max(0, min(len(slider.stops) - 1, here + steps))]


def words(target: str, preset: str, values: dict[str, str], more: Iterable[str] = ()) -> list[str]:
    """What ``procwire shape set`` is given. ``more``: words that no slider stands for, word=value."""
    found = [target, *(["--preset", preset] if preset else [])]
    for slider in SLIDERS:
        if values.get(slider.name):
            found += [f"--{slider.name}", values[slider.name]]
    for pair in more:
        found += ["--effect", pair]
    return found


def read_back(asked: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Values of the sliders and other words, out of what was asked for (``egress.delay=5ms``)."""
    pairs = [item.partition("=")[::2] for item in asked]
    sides: dict[str, dict[str, str]] = {"egress": {}, "ingress": {}}
    values: dict[str, str] = {}
    for name, value in pairs:
        side, dot, word = name.partition(".")
        if dot and side in sides:
            sides[side][word] = value
        elif name in BY_NAME:
            values[name] = value
    more: list[str] = []
    out, into = sides["egress"], sides["ingress"]
    for word in dict.fromkeys([*out, *into]):
        mine = {side: given[word] for side, given in sides.items() if word in given}
        same = len(set(mine.values())) == 1 and len(mine) == len([side for side in sides.values() if side])
        value = next(iter(mine.values()))
        if word == "delay" and same and amount(value) is not None:
            values["rtt"] = f"{(amount(value) or 0) * len(mine) * 1000:g}ms"
        elif same and word in BY_NAME:
            values[word] = value
        else:
            _by_side(word, mine, values, more)
    return values, more


def _by_side(word: str, mine: dict[str, str], values: dict[str, str], more: list[str]) -> None:
    for side, value in mine.items():
        name = f"{side}-{word}"
        if name in BY_NAME:
            values[name] = value
        else:
            more.append(f"{name}={value}")


def track(share: float, width: int, *, ascii_only: bool) -> str:
    """A slider as so many cells."""
    line, knob = ("-", "O") if ascii_only else ("─", "●")
    at = round(share * (width - 1))
    return line * at + knob + line * (width - 1 - at)
