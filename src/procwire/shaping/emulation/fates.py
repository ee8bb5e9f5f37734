"""What happens to the packets of one flow: each purpose has its own stream of numbers. Pure.

The streams are seeded by the flow, so its tenth packet meets the same fate however many packets others sent
before it. Of too many flows the one that was silent longest is forgotten; it begins again if it comes back.
"""

from __future__ import annotations

from collections import OrderedDict

from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.counts import Counts
from procwire.shaping.emulation.delaying import spread
from procwire.shaping.emulation.dice import Dice, Leaning, seed_of
from procwire.shaping.emulation.losing import losing

MAX_FLOWS = 4096


class Fate:
    """The chains of one flow, or of all of them together."""

    __slots__ = ("_conditions", "_counter", "_spread", "corrupts", "duplicates", "loses", "reorders", "where")

    def __init__(self, conditions: Conditions, seed: int) -> None:
        effect, alike = conditions.effect, conditions.correlations
        delay = effect.delay
        self._conditions = conditions
        self._counter = 0
        self._spread = None
        if delay is not None and delay.jitter_ns:
            self._spread = spread(delay.distribution, Dice(seed_of(seed, "delay")), delay.correlation)
        self.loses = losing(effect.loss, Dice(seed_of(seed, "loss")), alike.loss)
        self.duplicates = Leaning(Dice(seed_of(seed, "duplicate")), alike.duplicate)
        self.reorders = Leaning(Dice(seed_of(seed, "reorder")), alike.reorder)
        self.corrupts = Leaning(Dice(seed_of(seed, "corrupt")), alike.corrupt)
        self.where = Dice(seed_of(seed, "bit"))

    def overtakes(self) -> bool:
        """Whether this packet does not wait: one of ``gap``, by its chance (``netem_enqueue()``)."""
        reorder = self._conditions.effect.reorder
        if reorder is None:
            return False
        if self._counter < max(reorder.gap, 1) - 1 or not self.reorders.hits(reorder.share):
            self._counter += 1
            return False
        self._counter = 0
        return True

    def delay(self) -> int:
        """How long it is under way, in ns."""
        delay = self._conditions.effect.delay
        if delay is None:
            return 0
        if self._spread is None:
            return delay.latency_ns
        return max(0, delay.latency_ns + round(delay.jitter_ns * self._spread()))


class Fates:
    """Those of all flows."""

    def __init__(self, conditions: Conditions, seed: int, counts: Counts) -> None:
        self._conditions = conditions
        self._seed = seed
        self._counts = counts
        self._known: OrderedDict[bytes, Fate] = OrderedDict()

    def of(self, flow: bytes) -> Fate:
        """The fate of a flow's next packet."""
        if self._conditions.shared:
            flow = b""
        fate = self._known.get(flow)
        if fate is not None:
            self._known.move_to_end(flow)
            return fate
        if len(self._known) >= MAX_FLOWS:
            self._known.popitem(last=False)
            self._counts.flows_forgotten += 1
        fate = self._known[flow] = Fate(self._conditions, seed_of(self._seed, flow))
        self._counts.flows += 1
        return fate
