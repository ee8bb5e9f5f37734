"""When somebody is told of a flow that passes: once it is known, or as it is after a while; and of its end.

A flow is known when its owner was answered and its protocol is settled. Its end is told when its owner was
answered and its numbers are final. Times are seconds of one clock, which the caller reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from procwire.model.flow import Flow
from procwire.model.listening import Audience

GRACE_SECONDS = 1.0  # a flow that is not known by then is told of as it is
STEP = 8  # flows that are told of in one step, about a millisecond's work


class _Waiting:
    """A flow that has not been told of yet, or whose owner has not been answered."""

    __slots__ = ("answered", "counted", "decided", "due", "ended", "flow", "since", "told")

    def __init__(self, flow: Flow, since: float, *, answered: bool, decided: bool = False) -> None:
        self.flow = flow
        self.since = since
        self.answered = answered
        self.decided = decided
        self.ended = False
        self.told = False
        self.counted = True  # whether its numbers are final once it has ended
        self.due = False  # it had ended when the reading began that makes them final


class Telling:
    """What ``audience`` was told of which flow, and what it waits for. One that has all is forgotten here."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self._waiting: dict[int, _Waiting] = {}
        self._steps = 0

    def opened(self, flow: Flow, now: float, *, answered: bool, decided: bool) -> None:
        """A flow began; ``answered``: nobody is asked whose it is, ``decided``: nobody looks what it says."""
        self._waiting[flow.number] = _Waiting(flow, now, answered=answered, decided=decided)

    def decided(self, flow: Flow) -> None:
        """What it speaks is settled."""
        if (waiting := self._waiting.get(flow.number)) is not None:
            waiting.decided = True

    def answered(self, flow: Flow) -> None:
        """Whose it is was answered for the last time."""
        if (waiting := self._waiting.get(flow.number)) is not None:
            waiting.answered = True

    def ended(self, flow: Flow, now: float, *, reviewing: bool, counted: bool) -> None:
        """It is over; ``reviewing``: its owner is asked for once more, ``counted``: its numbers are final."""
        waiting = self._waiting.get(flow.number)
        if waiting is None:
            if not reviewing and counted:
                self.audience.told("end", flow)
                return
            waiting = self._waiting[flow.number] = _Waiting(flow, now, answered=not reviewing)
            waiting.told = True
        elif reviewing:
            waiting.answered = False
        waiting.ended = True
        waiting.counted = counted
        self._settle(waiting, now)

    def counting(self) -> None:
        """The numbers are about to be read, which takes a while: of what ends meanwhile it may miss some."""
        for waiting in self._waiting.values():
            waiting.due = waiting.ended

    def counted(self, final: Callable[[Flow], bool]) -> Iterator[None]:
        """They were; ``final``: whether those of a flow that had ended before are. In steps."""
        ended = [each for each in self._waiting.values() if each.due and not each.counted]
        for number, waiting in enumerate(ended, 1):
            waiting.counted = final(waiting.flow)
            if number % STEP == 0:
                yield

    def tick(self, now: float) -> Iterator[None]:
        """Tell what can be told by now, in steps: other things may happen between two of them."""
        for number, waiting in list(self._waiting.items()):
            if self._waiting.get(number) is waiting and self._settle(waiting, now):
                self._steps += 1
                if self._steps % STEP == 0:
                    yield

    def finish(self) -> None:
        """Tell everything: nobody answers or counts any more."""
        for waiting in list(self._waiting.values()):
            waiting.answered = waiting.counted = True
            self._settle(waiting, waiting.since + GRACE_SECONDS)

    def has_told(self, flow: Flow) -> bool:
        """Whether it was told that there is this flow."""
        waiting = self._waiting.get(flow.number)
        return waiting is None or waiting.told

    def settled(self, flow: Flow) -> bool:
        """Is all known of it that will be?"""
        waiting = self._waiting.get(flow.number)
        return waiting is None or (waiting.answered and waiting.decided)

    def ending(self) -> list[Flow]:
        """Flows that have ended, and whose end was not told yet."""
        return [each.flow for each in self._waiting.values() if each.ended]

    def _settle(self, waiting: _Waiting, now: float) -> bool:
        """Tell what can be told of it; whether that was anything."""
        told = False
        known = waiting.answered and (waiting.decided or waiting.ended)
        if not waiting.told and (known or now - waiting.since >= GRACE_SECONDS):
            waiting.told = told = True
            self.audience.told("open", waiting.flow)
        if waiting.answered and waiting.told and waiting.counted:
            del self._waiting[waiting.flow.number]
            if waiting.ended:
                told = True
                self.audience.told("end", waiting.flow)
        return told
