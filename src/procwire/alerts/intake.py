"""What takes findings: into the outbox at once, or held until that can be; then on to the sinks.

A full disk loses nothing as long as there is room here; what there was no room for is counted and said.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from procwire.alerts.dispatch import Dispatcher
from procwire.alerts.outbox import Outbox
from procwire.alerts.reason import AlertError
from procwire.model.alert import Fact
from procwire.model.finding import Finding
from procwire.model.sink import Done

MAX_HELD = 1000  # findings that wait for a disk that takes them

Say = Callable[[str], None]


class Intake:
    """``take`` is told of findings, ``tick`` of time, ``heard`` of answers. ``say``: to the operator."""

    def __init__(self, outbox: Outbox, dispatcher: Dispatcher, say: Say) -> None:
        self.outbox = outbox
        self.dispatcher = dispatcher
        self._say = say
        self._held: deque[tuple[Finding, Mapping[str, Fact], int]] = deque()
        self._problem = ""
        self.taken = 0
        self.lost = 0

    @property
    def held(self) -> int:
        """Findings that are not on the disk yet."""
        return len(self._held)

    def take(self, finding: Finding, facts: Mapping[str, Fact] | None = None, *, now: int) -> None:
        """One finding. Never raises for a disk."""
        self.taken += 1
        if not self._held and self._kept(finding, facts or {}, now):
            return
        if len(self._held) >= MAX_HELD:
            self._held.popleft()
            self.lost += 1
        self._held.append((finding, facts or {}, now))

    def tick(self, now: int) -> None:
        """Some times a second."""
        while self._held and self._kept(*self._held[0]):
            self._held.popleft()
        self._try(lambda: self.outbox.tick(now))
        self._try(lambda: self.dispatcher.tick(now))

    def heard(self, done: Done, now: int) -> None:
        """What became of work."""
        self._try(lambda: self.dispatcher.heard(done, now))

    def close(self, now: int) -> None:
        """Write what is held, if it can be; what cannot is lost, and counted."""
        while self._held and self._kept(*self._held[0]):
            self._held.popleft()
        self._try(lambda: self.outbox.tick(now))
        self.lost += len(self._held)
        self._held.clear()
        self.outbox.close()

    def _kept(self, finding: Finding, facts: Mapping[str, Fact], now: int) -> bool:
        return self._try(lambda: self.outbox.enqueue(finding, facts, now=now))

    def _try(self, step: Callable[[], object]) -> bool:
        """A problem is said when it begins and when it is over, not each time."""
        try:
            step()
        except AlertError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                self._say(f"alerts: {error}: they wait in memory, {MAX_HELD} at most")
            return False
        if self._problem:
            self._problem = ""
            self._say("alerts: the outbox takes them again")
        return True
