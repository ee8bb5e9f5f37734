"""Both directions of an emulated path, and what passes by. Pure: ``now`` is handed in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from procwire.shaping.emulation.choosing import choosing
from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.link import Link
from procwire.shaping.impairment import Effect, Impairment
from procwire.shaping.selection import Selector

Way = Literal["egress", "ingress"]
WAYS: tuple[Way, Way] = ("egress", "ingress")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPlan:
    """What a path does to what a target sends and receives; packets that no selector takes pass at once."""

    egress: Conditions = field(default_factory=Conditions)
    ingress: Conditions = field(default_factory=Conditions)
    selectors: tuple[Selector, ...] = ()
    exempt: tuple[Selector, ...] = ()
    seed: int = 1

    def with_effects(self, impairment: Impairment) -> PathPlan:
        """The same path with the effects of an impairment; what only the emulation can do stays."""
        return replace(
            self,
            egress=_with(self.egress, impairment.egress),
            ingress=_with(self.ingress, impairment.ingress),
            selectors=impairment.selectors,
            exempt=impairment.exempt,
        )

    def with_link(self, *, up: bool) -> PathPlan:
        """The same path, up or down."""
        return replace(self, egress=replace(self.egress, up=up), ingress=replace(self.ingress, up=up))


def _with(conditions: Conditions, effect: Effect | None) -> Conditions:
    effect = effect if effect is not None else Effect()
    if effect.rate is not None and conditions.trace:
        conditions = replace(conditions, trace=())
    if effect.rate is None and not conditions.trace:
        conditions = replace(conditions, codel=None)
    return replace(conditions, effect=effect)


class Path:
    """The path itself."""

    def __init__(self, plan: PathPlan, *, now: int) -> None:
        self.links = {
            "egress": Link(plan.egress, seed=plan.seed, name="egress", now=now),
            "ingress": Link(plan.ingress, seed=plan.seed, name="ingress", now=now),
        }
        self.bypassed = 0
        self._past: dict[str, list[bytes]] = {way: [] for way in WAYS}
        self._take(plan)

    def change(self, plan: PathPlan, *, now: int) -> None:
        """Other conditions from now on (see Link.change)."""
        self._take(plan)
        self.links["egress"].change(plan.egress, now=now)
        self.links["ingress"].change(plan.ingress, now=now)

    def offer(self, way: Way, data: bytes, *, now: int) -> None:
        """A packet comes from the target (egress) or for it (ingress)."""
        if self._meant(data, way == "egress"):
            self.links[way].offer(data, now=now)
        else:
            self.bypassed += 1
            self._past[way].append(data)

    def collect(self, way: Way, *, now: int) -> list[bytes]:
        """What arrives on the other side by now."""
        arrived = self.links[way].collect(now=now)
        if self._past[way]:
            arrived, self._past[way] = self._past[way] + arrived, []
        return arrived

    def due(self) -> int | None:
        """When to ask again; None where nothing is held."""
        times = [at for link in self.links.values() if (at := link.due()) is not None]
        return min(times) if times else None

    def clear(self) -> None:
        """The end: what is held is let go, and counted."""
        for link in self.links.values():
            link.clear()

    def _take(self, plan: PathPlan) -> None:
        self.plan = plan
        self._meant = choosing(plan.selectors, plan.exempt)
