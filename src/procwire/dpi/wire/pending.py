"""Requests that wait for their answers, and how long those took.

Holds at most ``limit`` of them: the oldest is forgotten first, and its answer then has no latency.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

MAX_PENDING = 256  # requests without an answer so far, a flow


class Pending:
    """Keys are whatever pairs a request with its answer; ``note`` is kept for the answer."""

    __slots__ = ("_limit", "_waiting")

    def __init__(self, limit: int = MAX_PENDING) -> None:
        self._limit = limit
        self._waiting: dict[Hashable, tuple[int, int, Any]] = {}

    def ask(self, key: Hashable, now: int, note: Any = None) -> bool:
        """A request was sent; returns whether it was sent before and has no answer yet."""
        known = self._waiting.get(key)
        if known is not None:
            self._waiting[key] = (known[0], known[1] + 1, known[2])
            return True
        if len(self._waiting) >= self._limit:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[key] = (now, 1, note)
        return False

    def peek(self, key: Hashable) -> Any:
        """The note of a request that waits, or None."""
        known = self._waiting.get(key)
        return None if known is None else known[2]

    def answer(self, key: Hashable, now: int) -> tuple[int | None, Any]:
        """(latency in ns since the first request, its note); (None, None) where none was seen."""
        known = self._waiting.pop(key, None)
        return (None, None) if known is None else (max(0, now - known[0]), known[2])

    def left(self) -> Iterator[tuple[Hashable, int, int, Any]]:
        """(key, when first asked, how often, note) of what was never answered; forgotten with that."""
        waiting, self._waiting = self._waiting, {}
        for key, (since, attempts, note) in waiting.items():
            yield key, since, attempts, note

    def __len__(self) -> int:
        return len(self._waiting)
