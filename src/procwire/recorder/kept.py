"""Batches that were read and are kept until they may be written: so a bundle's source is read once.

Refuses to keep more than it may: what is over that says ``full``, and is to be taken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from procwire.capture.files import FileSource
from procwire.capture.lending import Lending
from procwire.capture.source import Interface
from procwire.model.frames import FrameBatch

MOST_BYTES = 96 << 20  # of a file's pieces: what lag.FAR_BYTES of packets lie in, nearly always
MOST_BATCHES = 256  # of 140 KB beside their frames


class Kept:
    """``take`` gives a batch that is valid until the next one is taken; None while there is none."""

    def __init__(self) -> None:
        self.interfaces: Sequence[Interface] = ()
        self._lending: Lending | None = None
        self._waiting: deque[FrameBatch] = deque()
        self._held: FrameBatch | None = None

    def of(self, source: FileSource) -> None:
        """Whose batches these are: it lends them."""
        self.interfaces, self._lending = source.interfaces, source.lending

    @property
    def full(self) -> bool:
        """Is more kept than may be?"""
        lent = self._lending.bytes if self._lending is not None else 0
        return lent > MOST_BYTES or len(self._waiting) > MOST_BATCHES

    def add(self, batch: FrameBatch) -> None:
        """One that was read, and is lent."""
        self._waiting.append(batch)

    def take(self) -> FrameBatch | None:
        """The next."""
        if self._held is not None and self._lending is not None:
            self._lending.give_back(self._held)
        self._held = self._waiting.popleft() if self._waiting else None
        return self._held
