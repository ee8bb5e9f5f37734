"""Sockets that were known a moment ago, so that a closed one still has its owner. Pure."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from procwire.model.process import ProcessRef
from procwire.processes.keys import Key

MAX_REMEMBERED = 65536  # sockets; those seen longest ago go first
ENDS = 5  # fields of a key that say whose it is; the last one is when
LINGER_NS = 60_000_000_000  # after they were last seen


class Remembered(NamedTuple):
    """A socket's owner as last seen."""

    inode: int
    process: ProcessRef
    holders: int
    seen: int  # monotonic ns


class Memory:
    """Owners by namespace and key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, tuple[object, ...]], Remembered] = OrderedDict()
        self.evicted = 0  # forgotten for want of room

    def __len__(self) -> int:
        return len(self._kept)

    def note(self, namespace: int, key: Key, found: Remembered) -> None:
        """Remember an owner, or see it again."""
        ends = key[:ENDS]
        self._kept[namespace, ends] = found
        self._kept.move_to_end((namespace, ends))
        if len(self._kept) > MAX_REMEMBERED:
            self._kept.popitem(last=False)
            self.evicted += 1

    def recall(self, namespace: int, key: Key, now: int) -> Remembered | None:
        """The owner that had a socket there within ``LINGER_NS``."""
        while self._kept:
            first = next(iter(self._kept))
            if self._kept[first].seen + LINGER_NS > now:
                break
            del self._kept[first]
        return self._kept.get((namespace, key[:ENDS]))
