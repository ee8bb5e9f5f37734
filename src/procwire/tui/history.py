"""Rates out of counters: what the terminal remembers of the last minutes. Bounded; reads no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping

SECOND = 1_000_000_000
KEPT = 300  # samples of a series
MAX_SERIES = 512  # of one kind; the ones fed longest ago make room
MIN_STEP = 50_000_000  # ns; two readings nearer to each other give no rate


class Series:
    """The rates of one counter, a value for each reading."""

    __slots__ = ("_last", "_time", "rates")

    def __init__(self) -> None:
        self.rates: deque[float | None] = deque(maxlen=KEPT)
        self._last: int | None = None
        self._time = 0

    def feed(self, now: int, count: int) -> None:
        """A reading. A counter that went back has begun anew: that gives a hole, not a spike."""
        if self._last is None:
            self._last, self._time = count, now
            return
        step = now - self._time
        if 0 <= step < MIN_STEP:
            return
        moved = count - self._last
        self.rates.append(moved * SECOND / step if step > 0 and moved >= 0 else None)
        self._last, self._time = count, now

    @property
    def now(self) -> float | None:
        """The last rate; None before there are two readings."""
        return self.rates[-1] if self.rates else None


class History:
    """Many series by name."""

    def __init__(self) -> None:
        self._series: dict[Hashable, Series] = {}

    def feed(self, now: int, counts: Mapping[Hashable, int]) -> None:
        """Readings of one moment."""
        for name, count in counts.items():
            series = self._series.pop(name, None) or Series()
            self._series[name] = series
            series.feed(now, count)
        while len(self._series) > MAX_SERIES:
            del self._series[next(iter(self._series))]

    def put(self, name: Hashable, rates: Iterable[float]) -> None:
        """A series whose rates are known already."""
        series = self._series[name] = Series()
        series.rates.extend(rates)

    def rate(self, name: Hashable) -> float | None:
        """The last rate of a name; None where it is not known."""
        series = self._series.get(name)
        return series.now if series else None

    def rates(self, name: Hashable) -> list[float | None]:
        """All rates of a name that are kept, oldest first."""
        series = self._series.get(name)
        return list(series.rates) if series else []

    def clear(self) -> None:
        """Forget everything: another time is shown."""
        self._series.clear()
