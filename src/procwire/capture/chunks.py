"""Bytes of a stream in buffers that are used again: what is left of one chunk is carried into the next.

A buffer is only written again at its unused end, or when its shelf hands it out anew, so frames that point
into it stay valid as long as a source promises. Refuses to seek and to map files: mapped
pages count as resident memory.
"""

from __future__ import annotations

from collections.abc import Callable

from procwire.capture.lending import Buffer, Shelf

CHUNK_BYTES = 1 << 20
LEAST_READ = 64 << 10  # a shorter rest of a buffer is not worth a read


class Chunks:
    """``data[start:end]`` is what has been read and not yet walked; ``start`` is the walker's to advance.

    A buffer has ``size`` bytes, and more only while a single record is larger than that.
    """

    def __init__(
        self, readinto: Callable[[memoryview], int], shelf: Shelf, *, size: int = CHUNK_BYTES
    ) -> None:
        self.data: Buffer = shelf.buffer(size)
        self.start = 0
        self.end = 0
        self.used = False  # frames were handed out that lie in ``data``
        self._readinto = readinto
        self._size = size
        self._shelf = shelf
        self._before = 0  # stream offset of data[0]

    @property
    def offset(self) -> int:
        """Where ``start`` lies in the stream."""
        return self._before + self.start

    @property
    def offset_of_end(self) -> int:
        """How much of the stream has been read."""
        return self._before + self.end

    def fill(self, need: int) -> bool:
        """Read more, where ``need`` bytes are wanted from ``start`` on; False at the end of the stream.

        One read only, so that what a pipe holds is had at once: call again when it was not enough.
        """
        wanted = max(need - (self.end - self.start), min(LEAST_READ, self._size))
        room = len(self.data) - self.end
        # With the rest at the front already, a move gains nothing but for a record that needs more room.
        if room < wanted and (self.start > 0 or room == 0 or need > len(self.data)):
            self._next(need)
        with memoryview(self.data) as view, view[self.end :] as rest:
            got = self._readinto(rest)
        self.end += got
        return got > 0

    def _next(self, need: int) -> None:
        """Go to a buffer with room, carrying the rest over."""
        left = self.end - self.start
        size = self._size if need <= self._size else need + LEAST_READ
        target = self.data
        if self.used or len(target) != size:
            target = self._shelf.buffer(size, instead=not self.used)
        with memoryview(target) as new, memoryview(self.data) as old:
            new[:left] = old[self.start : self.end]
        if target is not self.data:
            self._shelf.left(self.data)
        self._before += self.start
        self.start, self.end = 0, left
        self.data = target
        self.used = False
