"""Requests that wait for their answers: by number, or in order. Bounded; the oldest gives way."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any

MAX_WAITING = 256  # requests without an answer, a flow


class Numbered:
    """Requests that name themselves: an answer repeats the number."""

    __slots__ = ("_asked",)

    def __init__(self) -> None:
        self._asked: dict[Hashable, Any] = {}

    def ask(self, number: Hashable, what: Any) -> None:
        """A request was sent; one of the same number is replaced."""
        self._asked.pop(number, None)
        self._asked[number] = what
        if len(self._asked) > MAX_WAITING:
            del self._asked[next(iter(self._asked))]

    def answer(self, number: Hashable) -> Any:
        """What the answer of this number answers, or None."""
        return self._asked.pop(number, None)

    def peek(self, number: Hashable) -> Any:
        """As ``answer``, but the request goes on waiting."""
        return self._asked.get(number)

    def clear(self) -> None:
        """Forget all."""
        self._asked.clear()


class Ordered:
    """Requests that are answered in order. After ``clear`` nothing is matched any more."""

    __slots__ = ("_asked", "_missing", "unsure")

    def __init__(self) -> None:
        self._asked: deque[Any] = deque()
        self._missing = 0  # oldest requests that were let go
        self.unsure = False

    def ask(self, what: Any) -> None:
        """A request was sent."""
        if self.unsure:
            return
        self._asked.append(what)
        if len(self._asked) > MAX_WAITING:
            self._asked.popleft()
            self._missing += 1

    def answer(self) -> Any:
        """What the next answer answers, or None."""
        if self._missing:
            self._missing -= 1
            return None
        return self._asked.popleft() if self._asked else None

    def peek(self) -> Any:
        """As ``answer``, but the request goes on waiting."""
        return self._asked[0] if self._asked and not self._missing else None

    def clear(self) -> None:
        """Something was lost."""
        self._asked.clear()
        self._missing = 0
        self.unsure = True
