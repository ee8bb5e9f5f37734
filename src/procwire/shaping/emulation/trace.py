"""Mahimahi traces: moments at which a link may deliver, each worth one packet of 1,500 bytes. Pure.

As mahimahi's ``LinkQueue`` does it: a line is a time in ms, repeated for more; the trace begins again after
its last time; an opportunity that finds the queue empty is lost; a packet may take bytes from several, and
several packets may share one. A packet that comes at the moment of an opportunity comes after it.
"""

from __future__ import annotations

from procwire.shaping.failure import InvalidError

OPPORTUNITY_BYTES = 1500
MAX_LINES = 5_000_000
MILLISECOND = 1_000_000


def read_trace(text: str, name: str) -> tuple[int, ...]:
    """The times of a trace, in ms. Raises InvalidError, with the line."""
    times: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        word = line.split("#", 1)[0].strip()
        if not word:
            continue
        if not (word.isascii() and word.isdigit() and len(word) < 13):
            raise InvalidError(f"{name}:{number}", f"{word[:40]!r} is not a time in whole milliseconds")
        times.append(int(word))
        if len(times) > 1 and times[-1] < times[-2]:
            raise InvalidError(
                f"{name}:{number}", f"{times[-1]} is before {times[-2]}: times must not go back"
            )
        if len(times) > MAX_LINES:
            raise InvalidError(f"{name}:{number}", f"more than {MAX_LINES} opportunities")
    if not times or times[-1] == 0:
        raise InvalidError(f"{name}:1", "a trace must last: it has no time above 0")
    return tuple(times)


def rate_of(times: tuple[int, ...]) -> int:
    """The mean rate of a trace, in bits a second."""
    return len(times) * OPPORTUNITY_BYTES * 8 * 1000 // times[-1]


class Opportunities:
    """Where a trace stands. ``offered_bytes`` and ``wasted_bytes`` count what the link could have carried."""

    def __init__(self, times: tuple[int, ...], *, now: int) -> None:
        self._times = times
        self._round = now
        self._next = 0
        self.left = 0
        self.offered_bytes = 0
        self.wasted_bytes = 0

    def when(self) -> int:
        """The next opportunity."""
        return self._round + self._times[self._next] * MILLISECOND

    def take(self) -> int:
        """Use it; its time. Its bytes are in ``left``."""
        at = self.when()
        self._next += 1
        if self._next == len(self._times):
            self._next = 0
            self._round += self._times[-1] * MILLISECOND
        self.left = OPPORTUNITY_BYTES
        self.offered_bytes += OPPORTUNITY_BYTES
        return at

    def waste(self) -> None:
        """Nothing wants what is left of it."""
        self.wasted_bytes += self.left
        self.left = 0

    def skip(self, now: int) -> None:
        """Let all opportunities up to ``now`` go by unused; whole rounds at once."""
        length = self._times[-1] * MILLISECOND
        rounds = (now - self._round) // length - 1
        if rounds > 0:
            self._round += rounds * length
            lost = rounds * len(self._times) * OPPORTUNITY_BYTES
            self.offered_bytes += lost
            self.wasted_bytes += lost
        while self.when() <= now:
            self.take()
            self.waste()
