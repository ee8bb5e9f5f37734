"""How a running watch is: its capture, flows, owners, store and sandbox, and the faces it has."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from procwire.api.desk import Desk
from procwire.daemon.supervisor import Past
from procwire.engine.api import Watching
from procwire.model.health import DEGRADED, FAILED, OK, HealthRow
from procwire.model.values import several
from procwire.sandbox.plan import ENFORCED, OFF
from procwire.store.keeping import Keeper
from procwire.store.writer import Writer

if TYPE_CHECKING:
    from procwire.cli.begun import Begun


class Condition:
    """Rows of HEALTH over one watch. ``writer``: of its store; ``begun``: what flows said first."""

    def __init__(
        self, watching: Watching, desk: Desk, past: Past, writer: Writer | None, begun: Begun | None = None
    ) -> None:
        self._watching = watching
        self._desk = desk
        self._past = past
        self._writer = writer
        self._begun = begun

    def rows(self) -> list[HealthRow]:
        """As of now."""
        return [*self._process(), *self._capture(), *self._flows(), *self._owners(), *self._store(),
                *self._sandbox(), *self._faces()]  # fmt: skip

    def status(self) -> str:
        """One line for a service manager."""
        counts = self._watching.pipeline.tracker.counts
        lost = self._watching.source.counts.dropped
        return (
            f"{several(counts.going, 'flow')} open, {counts.flows} in all, "
            f"{several(counts.packets, 'packet')}, {lost} dropped, {several(self._desk.present, 'face')}"
        )

    @property
    def waiting(self) -> int:
        """Rows that are not stored yet."""
        return self._writer.counts.waiting if self._writer is not None else 0

    def _process(self) -> Iterator[HealthRow]:
        past, warden = self._past, self._watching.warden
        yield HealthRow(part="process", name="engine", amount=os.getpid(), status=OK, detail="its pid")
        if warden is not None:
            yield HealthRow(part="process", name="warden", amount=warden.pid, status=OK, detail="its pid")
        yield HealthRow(
            part="process", name="restarts", amount=past.restarts,
            status=DEGRADED if past.restarts else OK,
            detail=f"the last one {past.reason}" if past.restarts else "",
        )  # fmt: skip
        if past.restarts:
            yield _lost("process", "flows cut off", past.flows, "open when an engine ended")
            yield _lost("process", "rows not stored", past.rows, "waiting when an engine ended")
            words = "in which nobody watched"
            yield _lost("process", "blind milliseconds", round(past.blind * 1000), words)

    def _capture(self) -> Iterator[HealthRow]:
        watching, counts = self._watching, self._watching.pipeline.tracker.counts
        name, problem = watching.source_name, watching.source_problem
        yield HealthRow(
            part="capture", name="source", status=DEGRADED if problem else OK,
            detail=f"{name}: {problem}" if problem else name,
        )  # fmt: skip
        for interface in watching.source.listening:
            yield HealthRow(part="capture", name="interface", detail=interface, status=OK)
        for interface, reason in watching.source.refused.items():
            yield HealthRow(
                part="capture", name="interface", detail=f"{interface}: {reason}", status=DEGRADED
            )
        yield HealthRow(part="capture", name="packets", amount=counts.packets)
        yield HealthRow(part="capture", name="bytes", amount=counts.bytes)
        yield _lost("capture", "dropped", watching.source.counts.dropped, "by the kernel, for want of room")

    def _flows(self) -> Iterator[HealthRow]:
        counts, outcome = self._watching.pipeline.tracker.counts, self._watching.pipeline.outcome()
        yield HealthRow(part="flows", name="open", amount=counts.going)
        words = "over, and kept a while for late packets"
        yield HealthRow(part="flows", name="lingering", amount=counts.lingering, detail=words)
        yield HealthRow(part="flows", name="in all", amount=counts.flows)
        yield _lost("flows", "evicted", counts.evicted, "as the table was full")
        yield HealthRow(part="flows", name="observations", amount=self._watching.pipeline.observations)
        if self._begun is not None:
            yield from self._begun.health()
        if outcome.defects:
            yield HealthRow(
                part="flows", name="defects", amount=outcome.defects, status=FAILED, detail=outcome.defect
            )

    def _owners(self) -> Iterator[HealthRow]:
        watching, resolver = self._watching, self._watching.resolver
        if resolver is None:
            yield HealthRow(part="owners", name="asked for", amount=0, detail="owners are not looked up")
            return
        problem = resolver.problem or watching.kernel_problem
        yield HealthRow(
            part="owners", name="source", status=DEGRADED if problem else OK,
            detail=problem or "programs in the kernel, sock_diag and /proc",
        )  # fmt: skip
        yield HealthRow(part="owners", name="waiting", amount=resolver.pending)
        yield _lost("owners", "not looked up", resolver.refused, "too many flows were new at once")

    def _store(self) -> Iterator[HealthRow]:
        if self._writer is None:
            yield HealthRow(part="store", name="rows", detail="nothing is stored")
            return
        counts = self._writer.counts
        yield HealthRow(part="store", name="file", detail=str(self._writer.path), status=OK)
        yield HealthRow(part="store", name="rows", amount=counts.rows)
        yield HealthRow(part="store", name="waiting", amount=counts.waiting)
        reasons = ", ".join(f"{rows} {why}" for why, rows in sorted(counts.lost.items()))
        yield _lost("store", "lost", sum(counts.lost.values()), reasons)
        if counts.problem:
            yield HealthRow(part="store", name="problem", detail=counts.problem, status=FAILED)

    def _sandbox(self) -> Iterator[HealthRow]:
        done = self._watching.confinement
        if done.mode == OFF:
            yield HealthRow(part="sandbox", name="mode", detail=OFF, status=DEGRADED)
            return
        yield HealthRow(part="sandbox", name="mode", detail=done.mode, status=DEGRADED if done.open else OK)
        for each in done.measures:
            yield HealthRow(
                part="sandbox", name=each.name, detail=each.detail or each.state,
                status=OK if each.state == ENFORCED else DEGRADED,
            )  # fmt: skip

    def _faces(self) -> Iterator[HealthRow]:
        counts = self._desk.counts
        yield HealthRow(part="faces", name="present", amount=self._desk.present)
        yield HealthRow(part="faces", name="in all", amount=counts.faces)
        yield HealthRow(part="faces", name="requests", amount=counts.requests)
        yield HealthRow(part="faces", name="events", amount=counts.events)
        yield _lost("faces", "events lost", counts.lost, "as a face read too slowly")
        yield _lost("faces", "refused", counts.refused, "too many at once")
        yield _lost("faces", "faults", counts.faults, "spoke another language")


def _lost(part: str, name: str, amount: int, detail: str) -> HealthRow:
    """A number that should be 0."""
    return HealthRow(
        part=part,
        name=name,
        amount=amount,
        status=DEGRADED if amount else OK,
        detail=detail if amount else "",
    )


def writer_of(keeper: Keeper | None) -> Writer | None:
    """The writer behind a keeper."""
    sink = keeper.sink if keeper is not None else None
    return sink if isinstance(sink, Writer) else None
