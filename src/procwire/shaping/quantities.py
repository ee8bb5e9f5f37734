"""Time spans, rates, shares and sizes as people write them: ``200ms``, ``2mbit``, ``3%``, ``1500``. Pure.

Written and read again, a value is the same to the last digit. What could be taken for two things is refused
with what to say instead: a share without ``%`` (is 0.5 a half or half a percent?), a time span without a
unit, and ``mbps`` (megabytes to tc, megabits to everybody else).
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from procwire.shaping.failure import InvalidError

MAX_DIGITS = 40  # characters of one number
SPANS = {"ns": 1, "us": 1000, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
RATES = {
    "bit": 1, "kbit": 10**3, "mbit": 10**6, "gbit": 10**9, "tbit": 10**12,
    "byte": 8, "kbyte": 8 * 10**3, "mbyte": 8 * 10**6, "gbyte": 8 * 10**9,
    "kibit": 2**10, "mibit": 2**20, "gibit": 2**30,
}  # fmt: skip
SIZES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "kib": 2**10, "mib": 2**20}
_WRITTEN = re.compile(r"\s*([0-9.]+)\s*([a-zµ%/]*)\s*", re.IGNORECASE)
_TWO_MEANINGS = {"bps", "kbps", "mbps", "gbps"}


def span(text: str, field: str) -> int:
    """A time span in ns. Raises InvalidError."""
    number, unit = _parts(text, field)
    unit = {"µs": "us", "sec": "s", "msec": "ms", "usec": "us", "min": "m"}.get(unit, unit)
    if unit not in SPANS:
        raise InvalidError(field, f"{text!r} is not a time span with its unit, such as 200ms, 1.5s or 30m")
    return _whole(number * SPANS[unit], text, field, "whole nanoseconds")


def rate(text: str, field: str) -> int:
    """A rate in bits a second. Raises InvalidError."""
    number, unit = _parts(text, field)
    unit = unit.removesuffix("/s")
    if unit in _TWO_MEANINGS:
        raise InvalidError(
            field, f"{unit} means bytes to tc and bits to others: say {unit[:-2]}it or {unit[:-2]}yte"
        )
    if unit not in RATES:
        raise InvalidError(field, f"{text!r} is not a rate with its unit, such as 512kbit, 2mbit or 1.5gbit")
    return _whole(number * RATES[unit], text, field, "whole bits a second")


def share(text: str, field: str) -> float:
    """A share of packets, 0 to 1, written in percent. Raises InvalidError."""
    number, unit = _parts(text, field)
    if unit != "%":
        raise InvalidError(field, f"{text!r} is not a share in percent, such as 3% or 0.1%")
    return float(number / 100)


def size(text: str, field: str) -> int:
    """A number of bytes. Raises InvalidError."""
    number, unit = _parts(text, field)
    if unit not in SIZES:
        raise InvalidError(field, f"{text!r} is not a size, such as 1500, 64kb or 1mib")
    return _whole(number * SIZES[unit], text, field, "whole bytes")


def count(text: str, field: str) -> int:
    """A whole number. Raises InvalidError."""
    number, unit = _parts(text, field)
    if unit:
        raise InvalidError(field, f"{text!r} is not a plain number")
    return _whole(number, text, field, "a whole number")


def show_span(nanoseconds: int) -> str:
    """As ``span`` reads it."""
    unit = next(
        (name for name in ("h", "m", "s") if nanoseconds and not nanoseconds % SPANS[name]), ""
    ) or next((name for name in ("s", "ms", "us") if nanoseconds >= SPANS[name]), "ns")
    return f"{_plain(Decimal(nanoseconds) / SPANS[unit])}{unit}"


def show_rate(bits: int) -> str:
    """As ``rate`` reads it."""
    unit = next((name for name in ("gbit", "mbit", "kbit") if bits >= RATES[name]), "bit")
    return f"{_plain(Decimal(bits) / RATES[unit])}{unit}"


def show_share(value: float) -> str:
    """As ``share`` reads it."""
    return f"{_plain(Decimal(repr(value)) * 100)}%"


def _parts(text: str, field: str) -> tuple[Decimal, str]:
    found = _WRITTEN.fullmatch(text) if isinstance(text, str) and len(text) <= MAX_DIGITS else None
    if found is None:
        raise InvalidError(field, f"{str(text)[:MAX_DIGITS]!r} is not a number with its unit")
    try:
        return Decimal(found[1]), found[2].lower()
    except InvalidOperation:
        raise InvalidError(field, f"{text!r} is not a number with its unit") from None


def _whole(value: Decimal, text: str, field: str, what: str) -> int:
    if value != value.to_integral_value():
        raise InvalidError(field, f"{text!r} is not {what}")
    return int(value)


def _plain(value: Decimal) -> str:
    """Without an exponent and without zeros at the end."""
    written = f"{value:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
