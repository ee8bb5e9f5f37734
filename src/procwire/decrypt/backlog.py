"""What waits for keys that the log does not have yet: records of one side, or packets of one connection.

Bounded on its own and, through the key log, over all connections. What found no room was counted by its
reason and is gone for good.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Generic, TypeVar

from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.reasons import BACKLOG_FULL

T = TypeVar("T")


class Backlog(Generic[T]):
    """First in, first out. ``failed``: where its connection counts what stayed shut."""

    __slots__ = ("_failed", "_held", "_keys", "_limit", "bytes", "overflowed")

    def __init__(self, keys: KeyLog, failed: Counter[str], limit: int) -> None:
        self._keys = keys
        self._failed = failed
        self._limit = limit
        self._held: deque[tuple[T, int]] = deque()
        self.bytes = 0
        self.overflowed = False  # something found no room: a key that comes now comes too late for it

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, item: T, size: int) -> bool:
        """Keep something of ``size`` bytes; False, and counted, where there is no room."""
        if self.bytes + size > self._limit or not self._keys.hold(size):
            self._failed[BACKLOG_FULL] += 1
            self.overflowed = True
            return False
        self._held.append((item, size))
        self.bytes += size
        return True

    def take(self) -> T:
        """The first; its room is given back."""
        item, size = self._held.popleft()
        self.bytes -= size
        self._keys.release(size)
        return item

    def take_all(self) -> list[T]:
        """All that waits. What has to go on waiting is held again, in order."""
        return [self.take() for _ in range(len(self._held))]

    def give_up(self) -> None:
        """No key will come any more."""
        self._failed[self._keys.absent] += len(self._held)
        self.take_all()
