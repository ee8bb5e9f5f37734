"""Scenarios for the tests, and an actuator that writes down what it was told."""

from __future__ import annotations

from procwire.shaping.failure import ShapingError
from procwire.shaping.impairment import Delay, Effect, Impairment, Rate
from procwire.shaping.loss import Loss
from procwire.shaping.scenario.checking import Sample
from procwire.shaping.scenario.plan import Effects, Meant, Scenario, Step, Track
from procwire.shaping.target import Target, target

MS, SECOND = 1_000_000, 1_000_000_000
COMMAND = Target(kind="command")
ETH0 = target("eth0")


def both(latency_ms: int = 0, *, loss: float = 0.0, bits: int = 0) -> Effects:
    """The same in both directions."""
    effect = Effect(
        delay=Delay(latency_ns=latency_ms * MS) if latency_ms else None,
        loss=Loss(loss) if loss else None,
        rate=Rate(bits=bits) if bits else None,
    )
    return Effects(egress=effect, ingress=effect)


def of(*steps: Step, loops: int = 1, whose: Target = COMMAND) -> Scenario:
    """A scenario with one track."""
    return Scenario(name="s", tracks=(Track(target=whose, steps=steps),), loops=loops, update_ns=100 * MS)


class Notes:
    """An actuator and a meter. ``fails`` names what it cannot do."""

    def __init__(self, fails: str = "") -> None:
        self.told: list[tuple[int, str, object]] = []
        self.fails = fails
        self.samples: list[Sample | None] = []

    def set(self, meant: Meant, impairment: Impairment, now: int) -> None:
        self._note(now, "set", impairment)

    def clear(self, meant: Meant, now: int) -> None:
        self._note(now, "clear", meant.target)

    def link(self, meant: Meant, up: bool, now: int) -> None:
        self._note(now, "link", up)

    def sample(self, target: Target, now: int) -> Sample | None:
        return self.samples.pop(0) if self.samples else None

    def _note(self, now: int, what: str, value: object) -> None:
        self.told.append((now, what, value))
        if what == self.fails:
            raise ShapingError(f"no {what} here")
