"""What one direction of an emulated path does: an ``Effect``, and what only the emulation can do. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from procwire.shaping.emulation.codel import CodelPlan
from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import Effect, Rate
from procwire.shaping.loss import check_share

Fate = Literal["drop", "hold"]

PACKET_BYTES = 1500
QUEUE_NS = 250_000_000  # what a bottleneck's queue holds at least, where nobody says otherwise
LEAST_QUEUE = 20  # packets


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """The path comes and goes: up and down for so long, or on average so long where ``irregular``.

    While it is down packets are dropped, or held until it is up again (as a radio link does while it hands
    over).
    """

    up_ns: int
    down_ns: int
    irregular: bool = False
    fate: Fate = "drop"

    def __post_init__(self) -> None:
        if self.up_ns <= 0 or self.down_ns <= 0:
            raise InvalidError("outage", "must be up for longer than 0, and down for longer than 0")
        if self.fate not in ("drop", "hold"):
            raise InvalidError("outage", f"packets are dropped or held, not {self.fate!r}")

    @property
    def share(self) -> float:
        """How much of the time it is down."""
        return self.down_ns / (self.up_ns + self.down_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlations:
    """How much each chance is like the one before; the shares stay as they are (see ``dice.Leaning``)."""

    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    corrupt: float = 0.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            check_share(getattr(self, name), name)
            if getattr(self, name) >= 1.0:
                raise InvalidError(name, "correlation must be below 100%")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """One direction.

    ``limit`` bounds what is held in all, as netem's does; ``effect.queue_packets`` and ``queue_bytes`` bound
    what waits at the bottleneck. ``trace`` are mahimahi's times and take the place of a rate. ``shared``:
    all flows are lost by one chain, so that a burst hits whoever sends then; else each flow meets the same
    whatever others do.
    """

    effect: Effect = field(default_factory=Effect)
    correlations: Correlations = Correlations()
    codel: CodelPlan | None = None
    trace: tuple[int, ...] = ()
    outage: Outage | None = None
    limit: int = 0
    queue_bytes: int = 0
    shared: bool = False
    up: bool = True

    def __post_init__(self) -> None:
        if self.trace and self.effect.rate is not None:
            raise InvalidError("trace", "and rate both say how fast the link is: give one of them")
        if self.codel is not None and not self.trace and self.effect.rate is None:
            raise InvalidError("codel", "needs a rate or a trace: without one no queue forms")

    @property
    def queue_packets(self) -> int:
        """How many may wait at the bottleneck: as told, or what it sends within the delay or 250 ms."""
        if self.effect.queue_packets is not None:
            return self.effect.queue_packets
        if self.effect.rate is None:
            return 0
        span = max(QUEUE_NS, 2 * self.effect.latency_ns)
        return max(LEAST_QUEUE, self.effect.rate.bits * span // (8 * PACKET_BYTES * 1_000_000_000))


def wire_bytes(rate: Rate | None, size: int) -> int:
    """What a packet counts for (``packet_time_ns`` of sch_netem.c): overhead, and whole cells."""
    if rate is None:
        return size
    size = max(0, size + rate.overhead)
    if rate.cell_bytes:
        size = -(-size // rate.cell_bytes) * (rate.cell_bytes + rate.cell_overhead)
    return size
