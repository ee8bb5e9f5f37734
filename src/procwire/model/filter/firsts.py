"""What a part of a pattern can begin with: whether the next character alone decides how a match goes on.

A set of characters is a number with a bit for each of the first 256, and one for all others; it may be larger
than the truth, and never smaller.
"""

from __future__ import annotations

from re import _constants  # type: ignore[attr-defined]
from typing import Any

PLAIN = 256
OTHERS = 1 << PLAIN
ALL = (OTHERS << 1) - 1
NONE = 0

_ZERO_WIDTH = (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT)
_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)


def _where(fits: Any) -> int:
    return sum(1 << code for code in range(PLAIN) if fits(chr(code)))


_DIGIT, _SPACE, _WORD = (
    _where(str.isdecimal), _where(str.isspace), _where(lambda one: one.isalnum() or one == "_"),
)  # fmt: skip
_FAR = "iks"  # letters of ASCII with another case beyond the first 256: U+0130, U+0131, U+017F, U+212A
_ASCII = (1 << 128) - 1  # (?a) knows no others
_CLASSES = {
    _constants.CATEGORY_DIGIT: _DIGIT | OTHERS, _constants.CATEGORY_NOT_DIGIT: ALL & ~(_DIGIT & _ASCII),
    _constants.CATEGORY_SPACE: _SPACE | OTHERS, _constants.CATEGORY_NOT_SPACE: ALL & ~(_SPACE & _ASCII),
    _constants.CATEGORY_WORD: _WORD | OTHERS, _constants.CATEGORY_NOT_WORD: ALL & ~(_WORD & _ASCII),
}  # fmt: skip
_SURELY = {
    _constants.CATEGORY_DIGIT: _DIGIT & _ASCII, _constants.CATEGORY_SPACE: _SPACE & _ASCII,
    _constants.CATEGORY_WORD: _WORD & _ASCII,
}  # fmt: skip


def firsts(items: Any) -> tuple[int, bool]:
    """Characters that a sequence can begin with, and whether it can match nothing."""
    found = NONE
    for operation, argument in items:
        first, empty = first_of(operation, argument)
        found |= first
        if not empty:
            return found, False
    return found, True


def first_of(operation: Any, argument: Any) -> tuple[int, bool]:
    """The same of one item."""
    if operation in _ZERO_WIDTH:
        return NONE, True
    if operation in _REPEATS:
        first, empty = firsts(argument[2])
        return first, empty or argument[0] == 0
    if operation is _constants.SUBPATTERN:
        return firsts(argument[3])
    if operation is _constants.ATOMIC_GROUP:
        return firsts(argument)
    if operation is _constants.BRANCH:
        branches = [firsts(branch) for branch in argument[1]]
        every = NONE
        for first, _ in branches:
            every |= first
        return every, any(empty for _, empty in branches)
    return _characters(operation, argument), False


def _characters(operation: Any, argument: Any) -> int:
    if operation is _constants.LITERAL:
        return _letter(argument)
    if operation is _constants.NOT_LITERAL:
        return ALL & ~_surely([(_constants.LITERAL, argument)])
    if operation is _constants.IN:
        negated = argument[0][0] is _constants.NEGATE
        return ALL & ~_surely(argument[1:]) if negated else _union(argument)
    return ALL


def _surely(members: Any) -> int:
    """Characters that a set holds whatever the flags say."""
    found = NONE
    for operation, argument in members:
        if operation is _constants.LITERAL and argument < PLAIN:
            found |= 1 << argument
        elif operation is _constants.RANGE:
            found |= sum(1 << code for code in range(argument[0], min(argument[1], PLAIN - 1) + 1))
        elif operation is _constants.CATEGORY:
            found |= _SURELY.get(argument, NONE)
    return found


def _union(members: Any) -> int:
    found = NONE
    for operation, argument in members:
        if operation is _constants.LITERAL:
            found |= _letter(argument)
        elif operation is _constants.RANGE:
            for code in range(argument[0], min(argument[1], PLAIN - 1) + 1):
                found |= _letter(code)
            found |= OTHERS if argument[1] >= PLAIN else NONE
        else:
            found |= _CLASSES.get(argument, ALL) if operation is _constants.CATEGORY else ALL
    return found


def _letter(code: int) -> int:
    """A character in every case of it: what is without regard to case is not asked."""
    if code >= PLAIN:
        return ALL if chr(code).lower() != chr(code).upper() else OTHERS
    found = 1 << code
    for one in chr(code).lower() + chr(code).upper():
        found |= 1 << ord(one) if ord(one) < PLAIN else OTHERS
    far = chr(code).lower() in _FAR or (code >= 128 and chr(code).isalpha())
    return found | (OTHERS if far else NONE)
