# cython: language_level=3
"""Values as text: exact for machines (sizes, durations, RFC 3339 times with nanoseconds), short for people.

What a machine form prints, its parser reads back unchanged. Text that came from the network or from a
process is never shown raw on a terminal: see ``clean``. Refuses to read a clock: "now" is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from procwire.model.columns import Kind
from procwire.model.patterns import lazy

SECOND = 1_000_000_000
MAX_TEXT = 64  # characters of a number, size, duration or time
MIN_TIME, MAX_TIME = -(1 << 63), (1 << 63) - 1  # ns: years 1677 to 2262
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SIZES: Mapping[str, int] = {
    "b": 1,
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgtpe", 1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgtpe", 1)},
}
DURATIONS: Mapping[str, int] = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5
    "μs": 1_000,  # U+03BC
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "min": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86400 * SECOND,
}
_STEPS = tuple((unit, DURATIONS[unit]) for unit in ("d", "h", "m", "s", "ms", "us", "ns"))
_PART = lazy(r"([0-9]+(?:\.[0-9]+)?)([a-zµμ]+)")
_SIZE = lazy(r"([0-9]+(?:\.[0-9]+)?)([a-z]*)")
_TIME = lazy(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)


class ValueTextError(ValueError):
    """The text is not a value of the kind that was asked for; the message says what would be."""


def _whole(number: str, scale: int, text: str) -> int:
    exact = Decimal(number) * scale
    value = int(exact)
    if value != exact:
        raise ValueTextError(f"{text} is not a whole number of the smallest unit")
    return value


def parse_size(text: str) -> int:
    """Bytes: ``1500``, ``1MB`` (decimal), ``1.5MiB`` (binary), in any case of letters."""
    found = _SIZE.fullmatch(text.lower()) if len(text) <= MAX_TEXT else None
    scale = SIZES.get(found[2] or "b") if found else None
    if found is None or scale is None:
        raise ValueTextError("a size is a number with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB")
    return _whole(found[1], scale, text)


def parse_duration(text: str) -> int:
    """Nanoseconds: ``80ms``, ``1.5s``, ``2h``, ``1h30m``, ``-80ms``; a bare ``0``."""
    if text == "0":
        return 0
    negative = text.startswith("-")
    rest = (text[1:] if negative else text).lower()
    total, position = 0, 0
    for part in _PART.finditer(rest) if len(rest) <= MAX_TEXT else ():
        scale = DURATIONS.get(part[2])
        if part.start() != position or scale is None:
            break
        total += _whole(part[1], scale, text)
        position = part.end()
    if not rest or position != len(rest):
        raise ValueTextError("a duration is a number with ns, us, ms, s, m, h or d")
    return -total if negative else total


def parse_time(text: str, *, now: int | None = None) -> int:
    """Nanoseconds since 1970 UTC from RFC 3339 (a date alone is its midnight, no offset is UTC), or ``-2h``.

    ``now`` is what a relative time counts from, in ns; without it, one is refused.
    """
    if text == "now" or text[:1] in ("-", "+"):
        if now is None:
            raise ValueTextError("a relative time has nothing to count from here")
        return now + (0 if text == "now" else parse_duration(text.removeprefix("+")))
    found = _TIME.fullmatch(text) if len(text) <= MAX_TEXT else None
    if found is None:
        raise ValueTextError("a time is 2026-01-31T12:00:00Z, 2026-01-31, or relative: -2h")
    year, month, day, hour, minute, second, fraction, offset = found.groups()
    try:
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError as error:
        raise ValueTextError(f"no such time: {error}") from None
    seconds = (moment - _EPOCH) // timedelta(seconds=1) - _offset(offset)
    value = seconds * SECOND + int((fraction or "").ljust(9, "0"))
    if not MIN_TIME <= value <= MAX_TIME:
        raise ValueTextError("times reach from 1677 to 2262")
    return value


def _offset(text: str | None) -> int:
    if not text or text in "Zz":
        return 0
    hours, minutes = int(text[1:3]), int(text[4:6])
    if hours > 23 or minutes > 59:
        raise ValueTextError(f"no such offset: {text}")
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)


@lru_cache(maxsize=1024)
def _second_text(seconds: int) -> str:
    try:
        return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    except OverflowError:
        return ""


def time_text(ns: int) -> str:
    """RFC 3339 in UTC with nine decimals; empty for what lies outside the years 1 to 9999."""
    seconds, fraction = divmod(ns, SECOND)
    text = _second_text(seconds)
    return f"{text:0>19}.{fraction:09d}Z" if text else ""


def size_text(size: int) -> str:
    """Exact, in the largest decimal unit that needs at most three decimals: ``1.5MB``, ``1501B``."""
    return _exact(
        size, (("PB", 10**15), ("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 1000), ("B", 1))
    )


def duration_text(ns: int) -> str:
    """Exact, in the largest unit that needs at most three decimals: ``80ms``, ``1.5s``, ``90m``."""
    return _exact(ns, _STEPS[1:])


def _exact(value: int, units: tuple[tuple[str, int], ...]) -> str:
    size, sign = abs(value), "-" if value < 0 else ""
    fitting = (pair for pair in units if size >= pair[1] and size * 1000 % pair[1] == 0)
    unit, scale = next(fitting, units[-1])
    whole, rest = divmod(size * 1000 // scale, 1000)
    decimals = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{sign}{whole}{decimals}{unit}"


def _short(value: int, units: tuple[tuple[str, int], ...]) -> str:
    size, sign = abs(value), "-" if value < 0 else ""
    for place, (unit, scale) in enumerate(units):
        if size < scale and place < len(units) - 1:
            continue
        shown = size / scale
        digits = 1 if shown < 9.95 and scale > 1 else 0
        if place and round(shown, digits) * scale >= units[place - 1][1]:
            unit, scale = units[place - 1]
            shown, digits = 1.0, 1
        return f"{sign}{shown:.{digits}f} {unit}"
    return ""


def several(number: int, noun: str) -> str:
    """``1 flow``, ``12 flows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def human_size(size: int) -> str:
    """Two figures for people: ``640 B``, ``1.2 MB``, ``83 kB``."""
    return _short(
        size, (("PB", 10**15), ("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 1000), ("B", 1))
    )


def human_duration(ns: int) -> str:
    """Two figures for people: ``83 ms``, ``1.5 s``, ``2.0 h``."""
    return _short(ns, _STEPS)


def human_time(ns: int) -> str:
    """Time of day in UTC to the millisecond, for a screen: ``02:45:04.123``."""
    return time_text(ns)[11:23]


_ODD = lazy(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    r"""Text that is safe on a terminal: controls, overrides of direction and invisible marks as ``\xNN``.

    Reversible in meaning, never executed: a hostile server name shows as ``\x1b[2J``.
    """
    if text.isascii() and text.isprintable():
        return text
    return _ODD.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def seconds(ns: int) -> float:
    """Seconds as a float that keeps every nanosecond for durations of up to 52 days."""
    return ns / SECOND


def as_text(value: Any) -> str:
    """Any text value as ``str``: bytes as UTF-8 where they are, else with escapes."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "backslashreplace")
    if isinstance(value, list | tuple):
        return ",".join(map(as_text, value))
    return str(value)


def _yes_no(value: Any) -> str:
    return "true" if value else "false"


_MACHINE: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TIME: time_text,
    Kind.DURATION: lambda value: repr(seconds(value)),
    Kind.BOOLEAN: _yes_no,
    Kind.LIST: as_text,
    Kind.NUMBER: repr,
}
_HUMAN: Mapping[Kind, Callable[[Any], str]] = {
    Kind.TIME: human_time,
    Kind.DURATION: human_duration,
    Kind.SIZE: human_size,
    Kind.BOOLEAN: lambda value: "yes" if value else "no",
    Kind.LIST: as_text,
    Kind.NUMBER: lambda value: f"{value:.3g}",
}


def machine(kind: Kind, value: Any) -> str:
    """One value as CSV shows it: units as the column declares them, empty for what is not known."""
    return "" if value is None else _MACHINE.get(kind, as_text)(value)


def human(kind: Kind, value: Any) -> str:
    """One value for people, safe on a terminal; empty for what is not known."""
    return "" if value is None else clean(_HUMAN.get(kind, as_text)(value))
