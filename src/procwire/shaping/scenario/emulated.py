"""A scenario's hands and eyes on an emulated path. Pure: ``now`` is handed in."""

from __future__ import annotations

from procwire.shaping.emulation.path import WAYS, Path, PathPlan
from procwire.shaping.failure import ShapingError
from procwire.shaping.impairment import Impairment
from procwire.shaping.scenario.checking import Sample
from procwire.shaping.scenario.plan import Meant
from procwire.shaping.target import Target


class Emulated:
    """Of a command's path, the only target there is. It is cleared to what was given with the command."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._usual: PathPlan = path.plan
        self._up = True

    def set(self, meant: Meant, impairment: Impairment, now: int) -> None:
        """See Actuator."""
        self._check(meant)
        self._change(self._usual.with_effects(impairment), now)

    def clear(self, meant: Meant, now: int) -> None:
        """See Actuator."""
        self._check(meant)
        self._change(self._usual, now)

    def link(self, meant: Meant, up: bool, now: int) -> None:
        """See Actuator."""
        self._check(meant)
        self._up = up
        self._change(self._path.plan, now)

    def sample(self, target: Target, now: int) -> Sample | None:
        """See Meter. Lost is all that will not arrive; what is held counts as tried."""
        if target.kind != "command":
            return None
        counts = [self._path.links[way].counts for way in WAYS]
        return Sample(
            at=now,
            tried=sum(each.offered + each.duplicated for each in counts),
            lost=sum(each.gone for each in counts),
            arrived_bytes=sum(each.passed_bytes for each in counts),
            waits=tuple((link.delays.seen, link.delays.total) for link in self._path.links.values()),
        )

    def _change(self, plan: PathPlan, now: int) -> None:
        self._path.change(plan.with_link(up=self._up), now=now)

    def _check(self, meant: Meant) -> None:
        if meant.target.kind != "command" or meant.selectors:
            raise ShapingError(f"{meant} is no target of an emulated path: there is the command alone")
