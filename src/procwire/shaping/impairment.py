"""What is done to whose packets: the words of this room. Pure, and checked when made.

An ``Impairment`` has a target, an ``Effect`` for each direction that is shaped, and the traffic it is for.
Egress is what the target sends, ingress what it receives. Every delay is one-way; ``round_trip_ns`` says
what the two come to. Refuses values that the kernel would cut, wrap or forget: the error names the field
and the bound.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from procwire.shaping.failure import InvalidError
from procwire.shaping.loss import LossModel, check_share
from procwire.shaping.selection import MAX_SELECTORS, Selector
from procwire.shaping.target import Target

Direction = Literal["egress", "ingress", "both"]
Distribution = Literal["uniform", "normal", "pareto", "paretonormal"]

DISTRIBUTIONS: tuple[Distribution, ...] = ("uniform", "normal", "pareto", "paretonormal")
MAX_LATENCY_NS = 3600 * 10**9
MAX_JITTER_NS = 0x7FFFFFFF  # net/sched/sch_netem.c caps TCA_NETEM_JITTER64 there without a word
MAX_RATE = 10**12  # bits a second
MIN_RATE = 8  # a byte a second: the kernel counts in bytes
MAX_QUEUE = 10_000_000  # packets
MAX_BUCKET = 1 << 28  # bytes
MAX_GAP = 10_000
MAX_SEED = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Every packet waits for ``latency_ns``, give or take ``jitter_ns``, drawn from ``distribution``.

    ``uniform`` is netem's own; with another, jitter is its standard deviation. With ``keep_order`` packets
    do not overtake one another; then the mean is higher, as every packet waits for those before it.
    """

    latency_ns: int
    jitter_ns: int = 0
    distribution: Distribution = "uniform"
    correlation: float = 0.0
    keep_order: bool = False

    def __post_init__(self) -> None:
        _between("latency", self.latency_ns, 0, MAX_LATENCY_NS, "ns")
        _between("jitter", self.jitter_ns, 0, MAX_JITTER_NS, "ns")
        if self.jitter_ns > self.latency_ns:
            raise InvalidError(
                "jitter", "must be at most the delay itself: no packet arrives before it was sent"
            )
        if self.distribution not in DISTRIBUTIONS:
            raise InvalidError("distribution", f"must be one of {', '.join(DISTRIBUTIONS)}")
        if self.distribution != "uniform" and not self.jitter_ns:
            raise InvalidError("distribution", "needs a jitter above 0")
        if not 0.0 <= self.correlation < 1.0:
            raise InvalidError("correlation", f"must be at least 0% and below 100%, not {self.correlation!r}")
        if self.correlation and not self.jitter_ns:
            raise InvalidError("correlation", "needs a jitter above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reorder:
    """A share of packets does not wait for the delay, and so overtakes; with ``gap``, only every nth."""

    share: float
    gap: int = 0

    def __post_init__(self) -> None:
        check_share(self.share, "share")
        _between("gap", self.gap, 0, MAX_GAP, "packets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A bottleneck: bits a second, the bytes that pass at once, and what the link adds to each packet.

    A link that sends cells (ATM: 48 bytes with 5 on top) has ``cell_bytes`` and ``cell_overhead``.
    """

    bits: int
    burst_bytes: int | None = None
    overhead: int = 0
    cell_bytes: int = 0
    cell_overhead: int = 0

    def __post_init__(self) -> None:
        _between("bits", self.bits, MIN_RATE, MAX_RATE, "bit/s")
        if self.burst_bytes is not None:
            _between("burst", self.burst_bytes, 1, MAX_BUCKET, "bytes")
        _between("overhead", self.overhead, -2000, 65535, "bytes")
        _between("cell_bytes", self.cell_bytes, 0, 65535, "bytes")
        _between("cell_overhead", self.cell_overhead, -2000 if self.cell_bytes else 0, 65535, "bytes")
        if self.cell_overhead and not self.cell_bytes:
            raise InvalidError("cell_overhead", "needs cell_bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Packets leave together, as on Wi-Fi or DOCSIS: slots this far apart, of so many packets or bytes (0:
    any).
    """

    shortest_ns: int
    longest_ns: int
    packets: int = 0
    size_bytes: int = 0

    def __post_init__(self) -> None:
        _between("shortest", self.shortest_ns, 0, MAX_LATENCY_NS, "ns")
        _between("longest", self.longest_ns, 1, MAX_LATENCY_NS, "ns")
        if self.longest_ns < self.shortest_ns:
            raise InvalidError("longest", "must be at least the shortest")
        _between("packets", self.packets, 0, 0x7FFFFFFF, "packets")
        _between("size", self.size_bytes, 0, 0x7FFFFFFF, "bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What happens to the packets of one direction. ``queue_packets`` None: chosen from rate times delay."""

    delay: Delay | None = None
    loss: LossModel | None = None
    duplicate: float = 0.0
    reorder: Reorder | None = None
    corrupt: float = 0.0
    rate: Rate | None = None
    queue_packets: int | None = None
    ecn: bool = False
    slot: Slot | None = None

    def __post_init__(self) -> None:
        check_share(self.duplicate, "duplicate")
        check_share(self.corrupt, "corrupt")
        if self.reorder is not None and (self.delay is None or not self.delay.latency_ns):
            raise InvalidError("reorder", "needs a delay: a packet overtakes by not waiting for it")
        if self.reorder is not None and self.delay is not None and self.delay.keep_order:
            raise InvalidError("reorder", "is the opposite of keep_order")
        if self.queue_packets is not None:
            _between("queue", self.queue_packets, 1, MAX_QUEUE, "packets")
        if self.ecn and self.loss is None:
            raise InvalidError("ecn", "needs a loss: it marks the packets that would be lost")

    @property
    def is_nothing(self) -> bool:
        """Whether packets pass as if it were not there."""
        waits = self.delay is not None and bool(self.delay.latency_ns)
        loses = self.loss is not None and self.loss.mean > 0.0
        return not (waits or loses or self.duplicate or self.corrupt or self.rate or self.slot)

    @property
    def latency_ns(self) -> int:
        """What it adds one-way, without jitter and queues."""
        return self.delay.latency_ns if self.delay is not None else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Impairment:
    """Effects on a target's traffic: what it sends, what it receives, or both.

    Without selectors, all of it. ``exempt`` always passes untouched. The same ``seed`` gives the same
    losses where the kernel keeps seeds (Linux 6.6) or packets are emulated.
    """

    target: Target
    egress: Effect | None = None
    ingress: Effect | None = None
    selectors: tuple[Selector, ...] = ()
    exempt: tuple[Selector, ...] = ()
    seed: int | None = None
    labels: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.egress is None and self.ingress is None:
            raise InvalidError("effect", "at least one direction must have one")
        for name in ("selectors", "exempt"):
            if len(getattr(self, name)) > MAX_SELECTORS:
                raise InvalidError(name, f"at most {MAX_SELECTORS} of them")
        if self.seed is not None:
            _between("seed", self.seed, 0, MAX_SEED, "")

    @property
    def direction(self) -> Direction:
        """Which ways are shaped."""
        if self.ingress is None:
            return "egress"
        return "ingress" if self.egress is None else "both"

    @property
    def effects(self) -> dict[str, Effect]:
        """The effect of each direction that has one."""
        both = {"egress": self.egress, "ingress": self.ingress}
        return {name: effect for name, effect in both.items() if effect is not None}

    @property
    def round_trip_ns(self) -> int:
        """What it adds to a round trip, without jitter and queues."""
        return sum(effect.latency_ns for effect in self.effects.values())


def differences(before: Effect, after: Effect) -> tuple[str, ...]:
    """Names of what two effects differ in."""
    return tuple(f.name for f in fields(Effect) if getattr(before, f.name) != getattr(after, f.name))


def _between(field: str, value: int, low: int, high: int, unit: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidError(field, f"must be a whole number, not {value!r}")
    if not low <= value <= high:
        raise InvalidError(field, f"must be between {low} and {high} {unit}".rstrip() + f", not {value}")
