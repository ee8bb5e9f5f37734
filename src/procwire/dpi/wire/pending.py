"""Requests that wait for their answers, how long those took, and what never came.

``Pending`` pairs by a key, ``Queue`` in order. Each holds at most ``limit`` of them: the oldest is forgotten
first, and its answer then has no latency. What was asked in words (``said``) and is left at the end is told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from procwire.dpi.contract import Context
from procwire.model.observation import Observation, Unanswered
from procwire.model.streams import Direction

MAX_PENDING = 256  # requests without an answer so far, a flow


class Asked(NamedTuple):
    """One request: when it was first sent, how often, what is kept for its answer, whose it is, in words."""

    since: int
    attempts: int
    note: Any
    side: int
    said: str


class Pending:
    """Keys are whatever pairs a request with its answer; ``note`` is kept for the answer."""

    __slots__ = ("_limit", "_waiting")

    def __init__(self, limit: int = MAX_PENDING) -> None:
        self._limit = limit
        self._waiting: dict[Hashable, Asked] = {}

    def ask(self, key: Hashable, now: int, note: Any = None, *, side: int = 0, said: str = "") -> bool:
        """A request was sent; returns whether it was sent before and has no answer yet."""
        known = self._waiting.get(key)
        if known is not None:
            self._waiting[key] = known._replace(attempts=known.attempts + 1)
            return True
        if len(self._waiting) >= self._limit:
            del self._waiting[next(iter(self._waiting))]
        self._waiting[key] = Asked(now, 1, note, side, said)
        return False

    def renew(self, key: Hashable, now: int, note: Any = None, *, side: int = 0, said: str = "") -> None:
        """As ``ask``, but one of the same key is another request, and takes its place."""
        self._waiting.pop(key, None)
        self.ask(key, now, note, side=side, said=said)

    def peek(self, key: Hashable) -> Any:
        """The note of a request that waits, or None."""
        known = self._waiting.get(key)
        return None if known is None else known.note

    def since(self, key: Hashable) -> int | None:
        """When a request that goes on waiting was first sent, or None."""
        known = self._waiting.get(key)
        return None if known is None else known.since

    def answer(self, key: Hashable, now: int) -> tuple[int | None, Any]:
        """(latency in ns since the first request, its note); (None, None) where none was seen."""
        known = self._waiting.pop(key, None)
        return (None, None) if known is None else (max(0, now - known.since), known.note)

    def clear(self) -> None:
        """Forget all: bytes were lost, and answers may have been among them."""
        self._waiting.clear()

    def left(self) -> Iterator[tuple[Hashable, Asked]]:
        """What was never answered, by its key; forgotten with that."""
        waiting, self._waiting = self._waiting, {}
        yield from waiting.items()

    def __len__(self) -> int:
        return len(self._waiting)


class Queue:
    """Requests that are answered in order. After ``clear`` nothing is matched any more."""

    __slots__ = ("_limit", "_missing", "_waiting", "unsure")

    def __init__(self, limit: int = MAX_PENDING) -> None:
        self._limit = limit
        self._waiting: deque[Asked] = deque()
        self._missing = 0  # oldest requests that were let go
        self.unsure = False

    def ask(self, now: int, note: Any = None, *, side: int = 0, said: str = "") -> None:
        """A request was sent."""
        if self.unsure:
            return
        self._waiting.append(Asked(now, 1, note, side, said))
        if len(self._waiting) > self._limit:
            self._waiting.popleft()
            self._missing += 1

    def answer(self, now: int) -> tuple[int | None, Any]:
        """(latency, note) of what the next answer answers; (None, None) where that is not known."""
        if self._missing:
            self._missing -= 1
            return None, None
        if not self._waiting:
            return None, None
        known = self._waiting.popleft()
        return max(0, now - known.since), known.note

    def peek(self, now: int) -> tuple[int | None, Any]:
        """As ``answer``, but the request goes on waiting."""
        if not self._waiting or self._missing:
            return None, None
        known = self._waiting[0]
        return max(0, now - known.since), known.note

    def clear(self) -> None:
        """Something was lost."""
        self._waiting.clear()
        self._missing = 0
        self.unsure = True

    def left(self) -> Iterator[tuple[Hashable, Asked]]:
        """What was never answered, in order; forgotten with that."""
        waiting, self._waiting = self._waiting, deque()
        yield from enumerate(waiting)


Table = TypeVar("Table", Pending, Queue)


class Pairing:
    """Of a parser: the tables of its requests, and what is told of them at the end of its flow."""

    context: Context
    lossy = False  # bytes were never seen, and answers may have been among them

    def paired(self, table: Table) -> Table:
        """Have what is left in a table told."""
        self._tables: tuple[Pending | Queue, ...] = (*getattr(self, "_tables", ()), table)
        return table

    def finish(self, now: int) -> Iterable[Observation]:
        """See contract: requests that no answer was seen to."""
        told = self.context.told and not self.lossy and not self.context.group
        return unanswered(now, *getattr(self, "_tables", ())) if told else ()


def unanswered(now: int, *tables: Pending | Queue) -> list[Observation]:
    """A record for each request in words that is left."""
    return [
        Unanswered(
            time=now,
            side=Direction(one.side),
            request=one.said,
            asked=one.since,
            attempts=one.attempts,
            waited=max(0, now - one.since),
        )
        for table in tables
        for _, one in table.left()
        if one.said
    ]
