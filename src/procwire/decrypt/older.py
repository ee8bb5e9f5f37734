"""Where in a key log file the connections stand that had to give way to newer ones.

A recording may be older than the newest connections of a log that a browser wrote for months. What is kept
of those is not their secrets but 8 bytes of each random and a place in the file, which is read there again
when a flow is of one. At most MAX_PLACES are kept, some 50 MB; those that come then are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

MAX_PLACES = 400_000
SPAN_BYTES = 1 << 18  # behind its first line, in which the other lines of a connection are looked for
PREFIX_BYTES = 8  # of a random; two that share them are told apart when they are read again

Again = Callable[[int, int], bytearray]  # bytes of the file: from where, how many


class Older:
    """``again``: reads the file at a place; what it returns is the caller's to wipe."""

    def __init__(self, again: Again, *, limit: int = MAX_PLACES) -> None:
        self._again = again
        self._limit = limit
        self._places: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, random: bytes) -> bool:
        return random[:PREFIX_BYTES] in self._places

    def note(self, random: bytes, place: int) -> bool:
        """Remember where a connection's first line is; False where there is no room."""
        if len(self._places) >= self._limit:
            return False
        self._places[random[:PREFIX_BYTES]] = place
        return True

    def take(self, random: bytes) -> tuple[int, bytearray]:
        """Its place, which is forgotten, and the file's bytes there; -1 and none where it is not known."""
        place = self._places.pop(random[:PREFIX_BYTES], -1)
        return place, self._again(place, SPAN_BYTES) if place >= 0 else bytearray()


def lines_of(text: bytearray, random: bytes) -> Iterator[tuple[int, int]]:
    """The lines in ``text`` that name a random, as (start, end); one that SPAN_BYTES cut is none."""
    for digits in {random.hex().encode(), random.hex().upper().encode()}:
        at = text.find(digits)
        while at >= 0:
            start, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
            if end >= 0 or len(text) < SPAN_BYTES:
                yield start, end if end >= 0 else len(text)
            at = text.find(digits, at + len(digits))
