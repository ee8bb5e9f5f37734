"""Values as SQLite's expressions have them: unknown, numbers and text, and how they compare.

After sqlite.org/datatype3.html: a comparison with what is not known is not known; numbers stand before text;
a column's type decides what becomes of the other side.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

Cell = str | int | float | None
NUMERIC, TEXT, NONE = "numeric", "text", ""
MOST = 1 << 63

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*", re.ASCII)
_PREFIX = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_DIGITS = re.compile(r"\s*[+-]?[0-9]+", re.ASCII)
_UPPER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_LOWER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def text_of(value: Cell) -> str | None:
    """A value as text (NULL stays)."""
    if isinstance(value, float):
        shown = f"{value:.15g}"
        return shown if any(letter in shown for letter in ".einf") else f"{shown}.0"
    return value if value is None or isinstance(value, str) else str(int(value))


def number_of(value: Cell) -> int | float | None:
    """A value in arithmetic: text by the number that it begins with, else 0."""
    if not isinstance(value, str):
        return value
    found = _PREFIX.match(value)
    return _number(found.group()) if found else 0


def _number(text: str) -> int | float:
    try:
        number = int(text)
    except ValueError:
        return float(text)
    return number if -MOST <= number < MOST else float(number)


def truth(value: Cell) -> bool | None:
    """A value as a condition."""
    number = number_of(value)
    return None if number is None else number != 0


def fitted(value: Cell, other: str, own: str) -> Cell:
    """A value of affinity ``own`` before it is compared with one of affinity ``other``."""
    if value is None:
        return None
    if other == NUMERIC and own != NUMERIC and isinstance(value, str) and _NUMBER.fullmatch(value):
        number = _number(value.strip())
        whole = isinstance(number, float) and number.is_integer() and abs(number) < MOST
        return int(number) if whole else number
    if other == TEXT and own == NONE:
        return text_of(value)
    return value


Compare = Callable[[Cell, Cell], bool | None]


def comparison(name: str) -> Compare:
    """==, <, <=, > or >= of two values that fit each other."""
    test = {"EQ": operator.eq, "LT": operator.lt, "LTE": operator.le, "GT": operator.gt, "GTE": operator.ge}[
        name
    ]

    def compare(left: Cell, right: Cell) -> bool | None:
        if left is None or right is None:
            return None
        texts = isinstance(left, str), isinstance(right, str)
        return bool(test(left, right) if texts[0] == texts[1] else test(texts[0], texts[1]))

    return compare


def lower(text: str) -> str:
    """As SQLite's lower: ASCII alone."""
    return text.translate(_UPPER)


def upper(text: str) -> str:
    """As SQLite's upper: ASCII alone."""
    return text.translate(_LOWER)


def _whole(value: float) -> int | float:
    if isinstance(value, int) and not -MOST <= value < MOST:
        return float(value)
    return value


def arithmetic(name: str) -> Callable[[Cell, Cell], Cell]:
    """Add, Sub, Mul, Div or Mod of two values."""

    def compute(left: Cell, right: Cell) -> Cell:
        first, second = number_of(left), number_of(right)
        if first is None or second is None:
            return None
        if name == "Mod":
            return _rest(_cast(left), _cast(right), isinstance(first, float) or isinstance(second, float))
        if name == "Div":
            return _quotient(first, second)
        found = {"Add": operator.add, "Sub": operator.sub, "Mul": operator.mul}[name](first, second)
        return _whole(found)

    return compute


def _cast(value: Cell) -> int:
    """A value as % takes it: a whole number, of text its first digits."""
    if isinstance(value, str):
        found = _DIGITS.match(value)
        return int(_number(found.group())) if found else 0
    return int(value or 0)


def _rest(whole: int, by: int, real: bool) -> Cell:
    if by == 0:
        return None
    rest = abs(whole) % abs(by)
    rest = rest if whole >= 0 else -rest
    return float(rest) if real else rest


def _quotient(first: float, second: float) -> Cell:
    if second == 0:
        return None
    if isinstance(first, float) or isinstance(second, float):
        return first / second
    quotient = abs(first) // abs(second)
    return _whole(quotient if (first < 0) == (second < 0) else -quotient)
