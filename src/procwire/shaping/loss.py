"""Loss as people mean it (how much, in what bursts) and as two Markov chains. Pure.

The chains are those of ``net/sched/sch_netem.c`` (Linux 6.18), which took them from S. Salsano et al.,
"Definition of a general and intuitive loss model" (2009). netem's older way, ``loss 8% 25%``, is not among
them: its generator is not uniform, and it loses 0.96 % then (see ``correlation``).
"""

from __future__ import annotations

from dataclasses import dataclass

from procwire.shaping.failure import InvalidError
from procwire.shaping.quantities import show_share

LEAST_SHARE = 1 / 0xFFFFFFFF  # the kernel counts shares in units of this
MAX_BURST = 10_000  # packets in a row


def check_share(value: float, field: str, *, least: float = 0.0) -> None:
    """Raises InvalidError for what is not a share of packets that the kernel can count."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0.0 <= value <= 1.0:
        raise InvalidError(field, f"must be between 0% and 100%, not {value!r}")
    if 0.0 < value < LEAST_SHARE or value < least:
        raise InvalidError(field, f"must be at least {show_share(max(least, LEAST_SHARE))}, or not be given")


@dataclass(frozen=True, slots=True)
class Loss:
    """A share of packets, lost each for itself or, with ``burst``, on average so many in a row."""

    share: float
    burst: float | None = None

    def __post_init__(self) -> None:
        check_share(self.share, "share")
        if self.burst is None:
            return
        if not isinstance(self.burst, int | float) or not 1.0 <= self.burst <= MAX_BURST:
            raise InvalidError("burst", f"must be between 1 and {MAX_BURST} packets, not {self.burst!r}")
        if self.share > self.burst / (1.0 + self.burst):
            most = show_share(round(self.burst / (1.0 + self.burst), 4))
            raise InvalidError(
                "burst", f"bursts of {self.burst:g} with a packet between them lose at most {most} of all"
            )

    @property
    def mean(self) -> float:
        """The share of packets that is lost in the long run."""
        return self.share

    @property
    def mean_burst(self) -> float:
        """How many packets in a row are lost on average, when any is."""
        if self.burst is not None:
            return self.burst
        return 1.0 / (1.0 - self.share) if self.share < 1.0 else float("inf")

    def chain(self) -> GilbertElliott | None:
        """The chain that loses so; None where every packet is for itself."""
        if self.burst is None or self.share in (0.0, 1.0):
            return None
        leave = 1.0 / self.burst
        enter = self.share * leave / (1.0 - self.share)
        return GilbertElliott(enter=max(LEAST_SHARE, min(1.0, enter)), leave=leave)


@dataclass(frozen=True, slots=True)
class GilbertElliott:
    """Two states: in the bad one ``bad`` of the packets are lost, in the good one ``good`` of them.

    ``enter`` is the chance to go bad with a packet (tc's p), ``leave`` to be good again (r); tc writes
    ``bad`` as 1-h and ``good`` as 1-k.
    """

    enter: float
    leave: float
    bad: float = 1.0
    good: float = 0.0

    def __post_init__(self) -> None:
        for name in ("enter", "leave", "bad", "good"):
            check_share(getattr(self, name), name)
        if self.enter + self.leave == 0.0:
            raise InvalidError("leave", "must be above 0% where enter is 0%: the chain would stand still")

    @property
    def mean(self) -> float:
        """The share of packets that is lost in the long run."""
        return (self.enter * self.bad + self.leave * self.good) / (self.enter + self.leave)

    @property
    def mean_burst(self) -> float:
        """How many packets in a row are lost on average, when any is.

        A run of losses is left with the chance that a packet after a lost one is not lost.
        """
        lost = self.mean
        if lost == 0.0:
            return 0.0
        in_bad = self.enter * self.bad / (self.enter + self.leave) / lost
        after_bad = (1.0 - self.leave) * self.bad + self.leave * self.good
        after_good = self.enter * self.bad + (1.0 - self.enter) * self.good
        kept = 1.0 - in_bad * after_bad - (1.0 - in_bad) * after_good
        return float("inf") if kept <= 0.0 else 1.0 / kept


@dataclass(frozen=True, slots=True)
class FourState:
    """netem's ``loss state``: 1 received, 2 received within a burst, 3 lost within a burst, 4 lost alone."""

    p13: float
    p31: float = 1.0
    p32: float = 0.0
    p23: float = 1.0
    p14: float = 0.0

    def __post_init__(self) -> None:
        for name in ("p13", "p31", "p32", "p23", "p14"):
            check_share(getattr(self, name), name)
        for first, second in (("p13", "p14"), ("p31", "p32")):
            if getattr(self, first) + getattr(self, second) > 1.0:
                raise InvalidError(second, f"must be at most 100% together with {first}")
        if self.p13 and not self.p31:
            raise InvalidError("p31", "must be above 0%: a burst would never end")
        if self.p32 and not self.p23:
            raise InvalidError("p23", "must be above 0% where p32 is")

    @property
    def mean(self) -> float:
        """The share of packets that is lost in the long run."""
        burst = self.p13 / self.p31 if self.p13 else 0.0  # state 3, where state 1 is 1
        gap = burst * self.p32 / self.p23 if self.p32 else 0.0
        return (burst + self.p14) / (1.0 + burst + gap + self.p14)

    @property
    def mean_burst(self) -> float:
        """How many packets in a row are lost on average, when any is: states 3 in a row, or a single 4."""
        burst = self.p13 / self.p31 if self.p13 else 0.0
        runs = burst * (self.p31 + self.p32) + self.p14
        return (burst + self.p14) / runs if runs else 0.0


LossModel = Loss | GilbertElliott | FourState
