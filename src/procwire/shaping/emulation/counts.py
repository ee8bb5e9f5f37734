"""What became of each packet, so that nothing is lost without a word. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from procwire.shaping.emulation.dice import Dice

SECOND = 1_000_000_000
SAMPLES = 4096  # delays kept of a direction, an even choice among all


@dataclass(slots=True)
class Counts:
    """Packets of one direction. ``offered`` + ``duplicated`` is the sum of all ends and of what is held."""

    offered: int = 0
    offered_bytes: int = 0
    passed: int = 0
    passed_bytes: int = 0
    lost: int = 0  # by the loss that was asked for
    queue_drops: int = 0  # the bottleneck's queue was full
    limit_drops: int = 0  # too many held in all
    aqm_drops: int = 0  # CoDel
    outage_drops: int = 0  # the path was down
    cleared: int = 0  # held when the emulation ended
    duplicated: int = 0
    reordered: int = 0  # sent ahead by ``reorder``
    corrupted: int = 0
    marked: int = 0  # Congestion Experienced instead of a loss
    flows: int = 0
    flows_forgotten: int = 0

    @property
    def gone(self) -> int:
        """All that will not arrive."""
        return (
            self.lost
            + self.queue_drops
            + self.limit_drops
            + self.aqm_drops
            + self.outage_drops
            + self.cleared
        )

    def as_dict(self) -> dict[str, int]:
        """For JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


@dataclass(slots=True)
class Delays:
    """How long packets were held: an even choice of SAMPLES among all (Vitter's algorithm R)."""

    dice: Dice
    seen: int = 0
    total: int = 0
    least: int = 0
    most: int = 0
    kept: list[int] = field(default_factory=list)

    def add(self, delay: int) -> None:
        """One packet's."""
        self.least = delay if not self.seen else min(self.least, delay)
        self.most = max(self.most, delay)
        self.seen += 1
        self.total += delay
        if len(self.kept) < SAMPLES:
            self.kept.append(delay)
        elif (place := self.dice.below(self.seen)) < SAMPLES:
            self.kept[place] = delay

    @property
    def mean(self) -> float:
        """In ns; 0 where nothing passed."""
        return self.total / self.seen if self.seen else 0.0

    def quantile(self, share: float) -> int:
        """Of the kept ones."""
        return quantile(sorted(self.kept), share)


@dataclass(slots=True)
class Peak:
    """The busiest second of a direction, in bytes."""

    second: int = -1
    bytes: int = 0
    most: int = 0

    def add(self, size: int, now: int) -> None:
        """Bytes that arrived."""
        if now // SECOND != self.second:
            self.second = now // SECOND
            self.bytes = 0
        self.bytes += size
        self.most = max(self.most, self.bytes)


def quantile(ordered: Sequence[int], share: float) -> int:
    """The smallest value with ``share`` of all at or below it; 0 of nothing."""
    if not ordered:
        return 0
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
