"""When what has died is started again, and when it is given up. Pure: the time is handed in."""

from __future__ import annotations

from collections import deque

MOST = 5  # ends within
WITHIN_SECONDS = 300.0
FIRST_SECONDS = 0.25  # from the first end to the next beginning
LONGEST_SECONDS = 30.0


class Restarts:
    """Each end makes the next pause twice as long; MOST of them within WITHIN_SECONDS are too many."""

    def __init__(self) -> None:
        self.count = 0  # in all
        self._ends: deque[float] = deque()

    def pause(self, now: float) -> float | None:
        """It ended: seconds until it is started again; None where it is given up."""
        self.count += 1
        self._ends.append(now)
        while self._ends and now - self._ends[0] > WITHIN_SECONDS:
            self._ends.popleft()
        if len(self._ends) >= MOST:
            return None
        return float(min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (len(self._ends) - 1)))
