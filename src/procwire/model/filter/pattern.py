"""Patterns after ``~``: Python's ``re``, with those refused that hostile text could make slow.

Python's matcher tries alternatives one after the other. What a pattern can cost at worst is estimated from
its parts before it is used: a repeat without an end counts as MAX_SEARCHED tries, an option as two, and what
stands one behind the other multiplies. Above MAX_TRIES the pattern is refused, so ``(a+)+`` never starts.
Only the first MAX_SEARCHED characters of a value are searched. Possessive repeats (``a++``) and atomic groups
cost nothing extra.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

MAX_PATTERN = 512  # characters
MAX_SEARCHED = 1024  # characters of a value
MAX_TRIES = MAX_SEARCHED**2  # from one starting point: two repeats without an end
MAX_REPEAT = 1000

_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


class PatternError(ValueError):
    """The pattern is not one, or could take too long; the message is for people."""


def compile_pattern(text: str) -> re.Pattern[str]:
    """Check and compile. Raises PatternError."""
    if len(text) > MAX_PATTERN:
        raise PatternError(f"a pattern has at most {MAX_PATTERN} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            cost = _sequence(_parser.parse(text))
            compiled = re.compile(text)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise PatternError(f"this pattern is not valid: {error}") from None
    if cost > MAX_TRIES:
        raise PatternError("this pattern could take very long on hostile text")
    return compiled


def tries(text: str) -> int:
    """What a pattern that is valid can cost from one starting point, at worst."""
    return _sequence(_parser.parse(text))


def searcher(text: str) -> Callable[[str], bool]:
    """A test of one value, as ``re.search`` on its first MAX_SEARCHED characters."""
    search = compile_pattern(text).search

    def found(value: str) -> bool:
        return search(value, 0, MAX_SEARCHED) is not None

    return found


def _sequence(items: Any) -> int:
    cost = 1
    for operation, argument in items:
        cost = min(cost * _item(operation, argument), 2 * MAX_TRIES)
    return cost


def _item(operation: Any, argument: Any) -> int:
    if operation in _REPEATS:
        return _repeat(argument)
    if operation is _constants.POSSESSIVE_REPEAT:
        return _alone(_repeat((1, 1, argument[2])))
    if operation is _constants.ATOMIC_GROUP:
        return _alone(_sequence(argument))
    if operation is _constants.SUBPATTERN:
        return _sequence(argument[3])
    if operation is _constants.BRANCH:
        return min(sum(_sequence(branch) for branch in argument[1]), 2 * MAX_TRIES)
    if operation in (_constants.ASSERT, _constants.ASSERT_NOT):
        return _sequence(argument[1])
    if operation in (_constants.GROUPREF, _constants.GROUPREF_EXISTS):
        raise PatternError("a pattern cannot refer back to a group")
    return 1


def _alone(cost: int) -> int:
    """What never gives back what it took is tried once, if its inside is cheap enough by itself."""
    return 1 if cost <= MAX_SEARCHED else cost


def _repeat(argument: Any) -> int:
    low, high, body = argument
    endless = high is _constants.MAXREPEAT
    times: int = MAX_SEARCHED if endless else high
    if max(low, 0 if endless else high) > MAX_REPEAT:
        raise PatternError(f"a pattern repeats at most {MAX_REPEAT} times, or without an end")
    if times > 1 and body.getwidth()[1] == 0:
        raise PatternError("a pattern cannot repeat what matches nothing")
    inside = _sequence(body)
    choices: int = times if endless else max(1, times - low + 1)
    if inside == 1:
        return choices
    return min(choices * int(inside ** min(times, 32)), 2 * MAX_TRIES)
