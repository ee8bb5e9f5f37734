"""What a scenario is: tracks of steps, and checks of what was measured meanwhile. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from procwire.shaping.impairment import Effect
from procwire.shaping.selection import Selector
from procwire.shaping.target import Target

Ramp = Literal["step", "linear", "exponential", "sine"]
RAMPS: tuple[Ramp, ...] = ("step", "linear", "exponential", "sine")
MEASURES = ("loss", "rtt", "goodput")

MAX_STEPS = 100_000  # of a scenario, with those of its traces
MAX_TRACKS = 64
MAX_CHECKS = 1000
MAX_SPAN_NS = 7 * 24 * 3600 * 10**9
LEAST_UPDATE_NS = 20_000_000  # a ramp changes its target at most 50 times a second
USUAL_UPDATE_NS = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Both directions; None: nothing is wrong there."""

    egress: Effect | None = None
    ingress: Effect | None = None


NOTHING = Effects()


@dataclass(frozen=True, slots=True)
class Meant:
    """Whose traffic, and what of it; no selectors: all that nothing else means."""

    target: Target
    selectors: tuple[Selector, ...] = ()

    def __str__(self) -> str:
        return f"{self.target}{part_of(self.selectors)}"


def called(target: Target, selectors: tuple[Selector, ...] = ()) -> str:
    """A target for people, and what of it is meant."""
    return ("the command" if target.kind == "command" else str(target)) + part_of(selectors)


def part_of(selectors: tuple[Selector, ...]) -> str:
    """Selectors for people."""
    return f" ({'; '.join(str(each) for each in selectors)})" if selectors else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So long, with these effects; None holds what was before. A ramp reaches them at its end."""

    span_ns: int
    effects: Effects | None = None
    ramp: Ramp = "step"
    up: bool = True  # whether the link is
    note: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One target or a part of its traffic, and what happens to it in turn."""

    target: Target
    steps: tuple[Step, ...]
    selectors: tuple[Selector, ...] = ()

    @property
    def meant(self) -> Meant:
        """Whose it is."""
        return Meant(self.target, self.selectors)

    @property
    def span_ns(self) -> int:
        """How long it takes."""
        return sum(step.span_ns for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What must have been measured between two moments of a round; bounds are included, None: any."""

    target: Target
    measure: str
    low: float | None
    high: float | None
    from_ns: int
    to_ns: int
    text: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """All tracks begin together, and again together ``loops`` times (0: until it is stopped)."""

    name: str
    tracks: tuple[Track, ...]
    title: str = ""
    checks: tuple[Check, ...] = ()
    loops: int = 1
    update_ns: int = USUAL_UPDATE_NS
    notes: tuple[str, ...] = ()

    @property
    def span_ns(self) -> int:
        """How long a round takes."""
        return max(track.span_ns for track in self.tracks)
