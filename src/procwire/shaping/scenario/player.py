"""A scenario in time: what is to be done when. Pure: ``now`` is handed in.

The schedule is absolute, so a late call does not make later ones later; of what a late call missed, the last
of each track is done. A pause moves the rest; it holds what is, or restores and comes back to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from procwire.shaping.scenario.plan import NOTHING, Check, Effects, Scenario, Step, Track
from procwire.shaping.scenario.ramp import between

State = Literal["running", "paused", "stopped", "finished"]


@dataclass(frozen=True, slots=True)
class Set:
    """Make a track's target so."""

    track: int
    effects: Effects
    up: bool
    step: int


@dataclass(frozen=True, slots=True)
class Clear:
    """Let a track's target be as it was."""

    track: int


@dataclass(frozen=True, slots=True)
class Measure:
    """Look at what was measured: the first or the last moment of a check."""

    check: Check
    last: bool
    loop: int


Action = Set | Clear | Measure
_Event = tuple[int, Action]


class Player:
    """One run of a scenario."""

    def __init__(self, scenario: Scenario, *, now: int) -> None:
        self.scenario = scenario
        self.state: State = "running"
        self.loop = 0
        self.done = 0  # actions
        self._start = now
        self._paused = 0
        self._restored = False
        self._standing: dict[int, Set] = {}
        self._events = self._all()
        self._next: _Event | None = next(self._events, None)

    def due(self) -> int | None:
        """When to call again; None where nothing comes by itself."""
        if self.state != "running" or self._next is None:
            return None
        return self._start + self._next[0]

    def run(self, now: int) -> list[Action]:
        """What is to be done now. At the end everything is cleared."""
        if self.state != "running":
            return []
        found: list[Action] = []
        while self._next is not None and self._start + self._next[0] <= now:
            action = self._next[1]
            if isinstance(action, Set):
                found = [one for one in found if not (isinstance(one, Set) and one.track == action.track)]
                self._standing[action.track] = action
            found.append(action)
            self._next = next(self._events, None)
        if self._next is None:
            self.state = "finished"
            found += self._cleared()
        self.done += len(found)
        return found

    def pause(self, now: int, *, restore: bool = False) -> list[Action]:
        """Stop time. With ``restore`` everything is cleared meanwhile."""
        if self.state != "running":
            return []
        self.state, self._paused, self._restored = "paused", now, restore
        return self._cleared() if restore else []

    def resume(self, now: int) -> list[Action]:
        """Go on where it was."""
        if self.state != "paused":
            return []
        self._start += now - self._paused
        self.state = "running"
        return list(self._standing.values()) if self._restored else []

    def stop(self) -> list[Action]:
        """End it now; everything is cleared."""
        if self.state in ("stopped", "finished"):
            return []
        self.state = "stopped"
        return self._cleared()

    def elapsed(self, now: int) -> int:
        """How long it has run, without pauses."""
        return (self._paused if self.state == "paused" else now) - self._start

    def steps(self) -> dict[int, int]:
        """Which step each track is in."""
        return {track: action.step for track, action in self._standing.items()}

    def _cleared(self) -> list[Action]:
        return [Clear(track) for track in range(len(self.scenario.tracks))]

    def _all(self) -> Iterator[_Event]:
        """Everything in its order, round after round."""
        count = 0
        while not self.scenario.loops or count < self.scenario.loops:
            base = count * self.scenario.span_ns
            self.loop = count
            for at, action in self._round(count):
                yield base + at, action
            count += 1
        yield count * self.scenario.span_ns, Clear(0)

    def _round(self, loop: int) -> list[_Event]:
        """One round; a measurement that ends with a step comes before the next begins."""
        events: list[tuple[int, int, int, Action]] = []
        for number, track in enumerate(self.scenario.tracks):
            for at, action in moments(track, number, self.scenario.update_ns):
                events.append((at, 1, len(events), action))
        for check in self.scenario.checks:
            events.append((check.from_ns, 2, len(events), Measure(check, last=False, loop=loop)))
            events.append((check.to_ns, 0, len(events), Measure(check, last=True, loop=loop)))
        events.sort(key=lambda event: event[:3])
        return [(at, action) for at, _, _, action in events]


def moments(track: Track, number: int, update_ns: int) -> Iterator[tuple[int, Set]]:
    """When a track's target changes within a round, and to what."""
    at, standing = 0, NOTHING
    for index, step in enumerate(track.steps):
        for later, effects in _within(step, standing, update_ns):
            yield at + later, Set(number, effects, step.up, index)
        standing = step.effects if step.effects is not None else standing
        at += step.span_ns


def _within(step: Step, before: Effects, update_ns: int) -> Iterator[tuple[int, Effects]]:
    if step.effects is None or step.ramp == "step":
        yield 0, step.effects if step.effects is not None else before
        return
    count = max(1, step.span_ns // update_ns)
    for number in range(count):
        yield number * step.span_ns // count, between(before, step.effects, (number + 1) / count, step.ramp)
