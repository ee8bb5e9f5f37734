"""Patterns after ``~``: Python's ``re``, with those refused that hostile text could make slow.

Python's matcher tries alternatives one after the other. What a pattern can cost at worst is estimated from
its parts before it is used: a repeat without an end can match in MAX_SEARCHED ways, an option in two, and
what stands one behind the other multiplies, unless the next character alone says how to go on (``a*b``: to
give back an ``a`` never helps). Above MAX_TRIES steps the pattern is refused, so ``(a+)+$`` never starts.
Only the first MAX_SEARCHED characters of a value are searched. Possessive repeats (``a++``) and atomic groups
match in one way.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from procwire.model.filter.firsts import ALL, NONE, first_of, firsts

MAX_PATTERN = 512  # characters
MAX_SEARCHED = 1024  # characters of a value
MAX_TRIES = 4 * MAX_SEARCHED**2  # from one starting point: two repeats without an end, and what is between
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
            cost = tries(text)
            compiled = re.compile(text)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise PatternError(f"this pattern is not valid: {error}") from None
    if cost > MAX_TRIES:
        raise PatternError("this pattern could take very long on hostile text")
    return compiled


def tries(text: str) -> int:
    """What a pattern that is valid can cost from one starting point, at worst."""
    return _sequence(_parser.parse(text)).steps


def searcher(text: str) -> Callable[[str], bool]:
    """A test of one value, as ``re.search`` on its first MAX_SEARCHED characters."""
    search = compile_pattern(text).search

    def found(value: str) -> bool:
        return search(value, 0, MAX_SEARCHED) is not None

    return found


class _Cost(NamedTuple):
    """Of a part: in how many ways it can match at one place, and the steps of trying them all."""

    ways: int
    steps: int


_STEP = _Cost(1, 1)


def _sequence(items: Any, after: int = NONE) -> _Cost:
    """``after``: characters that what stands behind it can begin with."""
    behind = []
    for operation, argument in reversed(list(items)):
        behind.append(after)
        first, empty = first_of(operation, argument)
        after = first | (after if empty else NONE)
    ways, steps = 1, 0
    for (operation, argument), following in zip(items, reversed(behind), strict=True):
        cost = _item(operation, argument, following)
        steps = min(steps + ways * cost.steps, 2 * MAX_TRIES)
        ways = min(ways * cost.ways, 2 * MAX_TRIES)
    return _Cost(ways, max(steps, 1))


def _item(operation: Any, argument: Any, after: int) -> _Cost:
    if operation in _REPEATS:
        return _repeat(argument, after)
    if operation is _constants.SUBPATTERN:
        return _sequence(argument[3], after)
    if operation is _constants.BRANCH:
        return _branches(argument[1], after)
    if operation is _constants.POSSESSIVE_REPEAT:
        return _Cost(1, _repeat(argument, ALL).steps)  # what never gives back what it took matches in one way
    if operation is _constants.ATOMIC_GROUP:
        return _Cost(1, _sequence(argument, ALL).steps)
    if operation in (_constants.ASSERT, _constants.ASSERT_NOT):
        return _Cost(1, _sequence(argument[1], ALL).steps)
    if operation in (_constants.GROUPREF, _constants.GROUPREF_EXISTS):
        raise PatternError("a pattern cannot refer back to a group")
    return _STEP


def _branches(branches: Any, after: int) -> _Cost:
    """One after the other; where each begins otherwise, at most one of them goes on."""
    costs = [_sequence(branch, after) for branch in branches]
    steps = min(sum(cost.steps for cost in costs), 2 * MAX_TRIES)
    seen = NONE
    for first, empty in map(firsts, branches):
        if empty or first & seen:
            return _Cost(min(sum(cost.ways for cost in costs), 2 * MAX_TRIES), steps)
        seen |= first
    return _Cost(max(cost.ways for cost in costs), steps)


def _repeat(argument: Any, after: int) -> _Cost:
    low, high, body = argument
    endless = high is _constants.MAXREPEAT
    times: int = MAX_SEARCHED if endless else high
    if max(low, 0 if endless else high) > MAX_REPEAT:
        raise PatternError(f"a pattern repeats at most {MAX_REPEAT} times, or without an end")
    if times > 1 and body.getwidth()[1] == 0:
        raise PatternError("a pattern cannot repeat what matches nothing")
    choices: int = times if endless else max(1, times - low + 1)
    first, empty = firsts(body)
    if empty:
        again = last = _sequence(body, ALL)
    else:
        again, last = _sequence(body, first), _sequence(body, after)
        choices = 1 if not first & after else choices  # the next character says whether it is repeated
    each = int(again.ways ** min(times, 32))
    ways = min(choices * last.ways * each, 2 * MAX_TRIES)
    return _Cost(ways, min(max(times, 1) * max(again.steps, last.steps) * each, 2 * MAX_TRIES))
