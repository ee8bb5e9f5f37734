"""What carries items to one sink, and how its failures are judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from procwire.model.sink import LATER, OK, REFUSED, Item, Result

_LATER_STATUS = frozenset({401, 403, 404, 407, 408, 425, 429})  # put right by an operator, or by time
MAX_REASON = 200


class CourierError(Exception):
    """The room's error: a sink that cannot be as it is configured; one line."""


class Carrier(Protocol):
    """One sink. Used by one thread, but for ``abort``."""

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """Deliver; one result an item. OSError counts as a failure of all."""

    def abort(self) -> None:
        """Break off what is under way: it takes too long. Called from another thread."""


def judged(status: int, reason: str, wait_ns: int = 0) -> Result:
    """What an HTTP status means for what was sent (RFC 9110 section 15)."""
    if 200 <= status < 300:
        return OK
    words = f"HTTP {status}{': ' if reason else ''}{reason}"[:MAX_REASON]
    if status >= 500 or status < 400 or status in _LATER_STATUS:
        return Result(LATER, words, wait_ns)
    return Result(REFUSED, words)


def one_by_one(carry: Callable[[Sequence[Item]], list[Result]], items: Sequence[Item]) -> list[Result]:
    """A batch that is refused as a whole is sent item by item: it was too large, or one of them is bad."""
    found = carry(items)
    if len(items) == 1 or any(result.state != REFUSED for result in found):
        return found
    return [result for item in items for result in carry([item])]


def failed(error: Exception) -> Result:
    """A failure of the way there: later."""
    words = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    return Result(LATER, words[:MAX_REASON])
