"""A scenario's hands and eyes on this host's targets: what ``procwire shape set`` does, step after step.

Every change is one of the shaper's, with a lease and an owner: its watchdog restores whatever ends this
process. A link that is down is one on which nothing passes: taking an interface down would lose its
addresses and routes.
"""

from __future__ import annotations

import os
from dataclasses import replace

from procwire.shaping.failure import ShapingError
from procwire.shaping.impairment import Effect, Impairment
from procwire.shaping.journal import Entry
from procwire.shaping.loss import Loss
from procwire.shaping.scenario.checking import Sample
from procwire.shaping.scenario.plan import Meant, Scenario
from procwire.shaping.session import MOST_LEASE_NS, Shaper, Terms, owner
from procwire.shaping.target import GROUPS, Target

SPARE_NS = 600 * 10**9  # of a lease, beyond what a scenario takes
NOTHING_PASSES = Effect(loss=Loss(1.0))


class Kernels:
    """Of all targets; a context manager. A target is shaped in every direction that it ever will be."""

    def __init__(self, shaper: Shaper | None = None) -> None:
        self._shaper = shaper if shaper is not None else Shaper()
        self._sides: dict[Meant, set[str]] = {}
        self._down: set[Meant] = set()
        self._entries: dict[Meant, Entry] = {}
        self._terms = Terms(owner=owner(os.getpid()))

    def __enter__(self) -> Kernels:
        return self

    def __exit__(self, *_: object) -> None:
        self._shaper.__exit__()

    def able(self, scenario: Scenario) -> None:
        """Whether all of it can be done here, before any of it is. Raises ShapingError."""
        span = scenario.span_ns * scenario.loops + SPARE_NS if scenario.loops else MOST_LEASE_NS
        self._terms = replace(self._terms, lease_ns=min(MOST_LEASE_NS, span))
        for track in scenario.tracks:
            if track.target.kind == "command":
                raise ShapingError(
                    "a command is run by: procwire shape run --scenario FILE -- CMD (or give --target)"
                )
            sides = self._sides.setdefault(track.meant, set())
            for step in track.steps:
                if step.effects is not None:
                    sides |= {
                        side for side in ("egress", "ingress") if getattr(step.effects, side) is not None
                    }
        for track in scenario.tracks:
            for step in track.steps:
                if step.effects is not None and (step.effects.egress or step.effects.ingress):
                    made = Impairment(
                        target=track.target, egress=step.effects.egress, ingress=step.effects.ingress,
                        selectors=track.selectors,
                    )  # fmt: skip
                    self._shaper.planned(self._whole(track.meant, made), self._its_terms(track.meant))

    def set(self, meant: Meant, impairment: Impairment, now: int) -> None:  # noqa: ARG002
        """See Actuator."""
        if meant not in self._down:
            self._shape(meant, self._whole(meant, impairment))

    def clear(self, meant: Meant, now: int) -> None:  # noqa: ARG002
        """See Actuator."""
        entry = self._entries.pop(meant, None)
        if entry is None:
            return
        cleared = self._shaper.clear(identity=entry.id)
        if cleared.failed:
            raise ShapingError("; ".join(cleared.failed))

    def link(self, meant: Meant, up: bool, now: int) -> None:  # noqa: ARG002
        """See Actuator. What is to be when it is up again is set or cleared next."""
        if up:
            self._down.discard(meant)
            return
        self._down.add(meant)
        sides = self._sides.get(meant) or {"egress"}
        egress, ingress = (NOTHING_PASSES if side in sides else None for side in ("egress", "ingress"))
        self._shape(
            meant,
            Impairment(target=meant.target, egress=egress, ingress=ingress, selectors=meant.selectors),
        )

    def sample(self, target: Target, now: int) -> Sample | None:
        """See Meter: the counters of the queueing disciplines. Round trips are not measured."""
        entries = [entry for meant, entry in self._entries.items() if meant.target == target]
        if not entries:
            return None
        told = [one for entry in entries for one in self._shaper.counted(entry) if one["there"]]
        packets, drops = sum(one["packets"] for one in told), sum(one["drops"] for one in told)
        return Sample(
            at=now, tried=packets + drops, lost=drops, arrived_bytes=sum(one["bytes"] for one in told)
        )

    def _shape(self, meant: Meant, impairment: Impairment) -> None:
        self._entries[meant] = self._shaper.shape(impairment, self._its_terms(meant)).entry

    def _its_terms(self, meant: Meant) -> Terms:
        """Each track is beside the others, also those of the same target."""
        return replace(self._terms, add=meant.target.kind not in GROUPS)

    def _whole(self, meant: Meant, impairment: Impairment) -> Impairment:
        """With an effect that does nothing where another step has one: a tree is changed, not taken down."""
        sides = self._sides.get(meant, set())
        egress = impairment.egress or (Effect() if "egress" in sides else None)
        ingress = impairment.ingress or (Effect() if "ingress" in sides else None)
        return replace(impairment, egress=egress, ingress=ingress)
