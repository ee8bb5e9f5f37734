"""Maintenance windows: times at which alerts are kept and not told, until the window is over.

``2026-11-26T01:00Z/2026-11-26T03:00Z`` once, ``daily 02:00-03:30`` and ``sat 22:00-02:00`` again; UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from procwire.alerts.reason import AlertError
from procwire.model.values import SECOND, ValueTextError, parse_time

DAY_NS = 86_400 * SECOND
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH_DAY = 3  # 1970-01-01 was a Thursday
_AGAIN = re.compile(r"(daily|mon|tue|wed|thu|fri|sat|sun)\s+(\d\d):(\d\d)-(\d\d):(\d\d)", re.IGNORECASE)


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One window as written; ``day`` -1 for daily, -2 for once, then ``start`` and ``length`` in ns."""

    written: str
    day: int
    start: int
    length: int

    def covers(self, now: int) -> bool:
        """Whether ``now`` lies in it."""
        if self.day == -2:
            return self.start <= now < self.start + self.length
        since_midnight = now % DAY_NS
        weekday = (now // DAY_NS + _EPOCH_DAY) % 7
        for days_ago in (0, 1):  # one that began yesterday may last
            began = self.day == -1 or (weekday - days_ago) % 7 == self.day
            if began and 0 <= since_midnight + days_ago * DAY_NS - self.start < self.length:
                return True
        return False


def window(text: str) -> Window:
    """Raises AlertError."""
    again = _AGAIN.fullmatch(text.strip())
    if again is not None:
        start, end = _minute(again[2], again[3], text), _minute(again[4], again[5], text)
        day = -1 if again[1].lower() == "daily" else DAYS.index(again[1].lower())
        return Window(written=text, day=day, start=start, length=(end - start) % DAY_NS or DAY_NS)
    first, _, last = text.partition("/")
    try:
        start, end = parse_time(first.strip()), parse_time(last.strip())
    except ValueTextError as error:
        raise AlertError(
            f"{text!r} is no window: 'daily 02:00-03:30', 'sat 22:00-02:00' or two times with / ({error})"
        ) from None
    if end <= start:
        raise AlertError(f"{text!r} ends before it begins")
    return Window(written=text, day=-2, start=start, length=end - start)


def _minute(hours: str, minutes: str, text: str) -> int:
    if int(hours) > 24 or int(minutes) > 59 or int(hours) * 60 + int(minutes) > 1440:
        raise AlertError(f"{text!r}: {hours}:{minutes} is no time of day")
    return (int(hours) * 60 + int(minutes)) * 60 * SECOND


def covering(windows: Iterable[Window], now: int) -> Window | None:
    """The first window that ``now`` lies in."""
    return next((one for one in windows if one.covers(now)), None)
