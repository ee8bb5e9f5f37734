"""What a value in a filter means for a column of one kind, or why it cannot.

Numbers, sizes, durations, times and addresses become closed intervals of integers (or floats), so that
equality, ranges and networks are one test.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from functools import lru_cache

import msgspec

from procwire.model import values
from procwire.model.columns import Kind
from procwire.model.filter.syntax import Range, Word
from procwire.model.patterns import lazy

_WHOLE = lazy(r"-?(?:[0-9]{1,20}|0[xX][0-9a-fA-F]{1,16})")
_NUMBER = lazy(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?")
BITS = {4: 32, 6: 128}


class LiteralError(ValueError):
    """The value does not fit the kind; the message says what would."""


class Span(msgspec.Struct, frozen=True, kw_only=True, tag="span"):
    """From ``low`` to ``high``, both included. ``family``: 4 or 6 for addresses, else 0."""

    low: int | float
    high: int | float
    family: int = 0


class Exact(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """A text in lower case: text is compared without regard to the case of letters."""

    text: str


class Pattern(msgspec.Struct, frozen=True, kw_only=True, tag="pattern"):
    """A regular expression, searched anywhere."""

    text: str


Literal = Span | Exact | Pattern

EXAMPLES: Mapping[Kind, str] = {
    Kind.TEXT: 'curl or "two words"',
    Kind.LIST: "a text, compared with each member",
    Kind.INTEGER: "a whole number: 443",
    Kind.NUMBER: "a number: 0.5",
    Kind.BOOLEAN: "true or false",
    Kind.TIME: "a time: 2026-01-31T12:00:00Z, 2026-01-31, or relative: -2h",
    Kind.DURATION: "a duration: 80ms, 1.5s, 2h",
    Kind.SIZE: "a size: 1500, 1MB, 64KiB",
    Kind.ADDRESS: "an address or network: 10.0.0.1, 10.0.0.0/8, 2001:db8::/32",
}


@lru_cache(maxsize=65536)
def address_number(text: str) -> tuple[int, int]:
    """(family, number) of an address; (0, 0) for what is none. A zone (``%eth0``) does not count."""
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return (0, 0)
    return (parsed.version, int(parsed))


def _whole(text: str, now: int | None) -> Span:  # noqa: ARG001
    if _WHOLE.fullmatch(text) is None:
        raise LiteralError("is not a whole number")
    value = int(text, 16) if "x" in text.lower() else int(text)
    return Span(low=value, high=value)


def _number(text: str, now: int | None) -> Span:  # noqa: ARG001
    if _NUMBER.fullmatch(text) is None:
        raise LiteralError("is not a number")
    value = float(text)
    return Span(low=value, high=value)


def _truth(text: str, now: int | None) -> Span:  # noqa: ARG001
    value = {"true": 1, "yes": 1, "false": 0, "no": 0}.get(text.lower())
    if value is None:
        raise LiteralError("is neither true nor false")
    return Span(low=value, high=value)


def _time(text: str, now: int | None) -> Span:
    value = values.parse_time(text, now=now)
    return Span(low=value, high=value)


def _duration(text: str, now: int | None) -> Span:  # noqa: ARG001
    value = values.parse_duration(text)
    return Span(low=value, high=value)


def _size(text: str, now: int | None) -> Span:  # noqa: ARG001
    value = values.parse_size(text)
    return Span(low=value, high=value)


def _address(text: str, now: int | None) -> Span:  # noqa: ARG001
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise LiteralError("is not an address or network") from None
    return Span(low=int(network.network_address), high=int(network.broadcast_address), family=network.version)


_READERS: Mapping[Kind, Callable[[str, int | None], Span]] = {
    Kind.INTEGER: _whole,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _truth,
    Kind.TIME: _time,
    Kind.DURATION: _duration,
    Kind.SIZE: _size,
    Kind.ADDRESS: _address,
}


def literal(kind: Kind, value: Word | Range, *, now: int | None = None) -> Literal:
    """The meaning of one value for a column of ``kind``. Raises LiteralError."""
    if isinstance(value, Range):
        return _range(kind, value, now)
    if kind in (Kind.TEXT, Kind.LIST):
        return Exact(text=value.text.lower())
    return _span(kind, value, now)


def _span(kind: Kind, word: Word, now: int | None) -> Span:
    if word.quoted and kind not in (Kind.ADDRESS, Kind.TIME):
        raise LiteralError("is text: leave the quotes away")
    try:
        return _READERS[kind](word.text, now)
    except values.ValueTextError as error:
        raise LiteralError(f"does not fit: {error}") from None


def _range(kind: Kind, value: Range, now: int | None) -> Span:
    if kind in (Kind.TEXT, Kind.LIST, Kind.BOOLEAN):
        raise LiteralError("is a range, and this column has no order")
    low, high = _span(kind, value.low, now), _span(kind, value.high, now)
    if low.family != high.family:
        raise LiteralError("mixes IPv4 and IPv6")
    if low.low > high.high:
        raise LiteralError("runs backwards: the smaller end comes first")
    return Span(low=low.low, high=high.high, family=low.family)
