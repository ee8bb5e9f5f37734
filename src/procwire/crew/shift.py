"""A worker's shift: all batches decoded, a part of the flows followed, and what came of it said in stretches.

All workers are shown the same batches, so that a stretch of one is a stretch of all. Where a bound is met
that one process with all flows would have met elsewhere, or not at all, the shift ends and says so.
Refuses to write to anybody but its crew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec

from procwire.capture.source import CaptureError, Counts, Interface
from procwire.crew.naming import Note, Notes
from procwire.crew.outcome import Outcome
from procwire.crew.parcel import Parcel, wrap
from procwire.crew.workers import Desk
from procwire.flows.share import Place, Share
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.packets import PacketTable

STRETCH = 8  # batches

Error = tuple[str, int | None, str, str]  # what a CaptureError is made of
Ended = tuple[Place, Parcel]


class Input(Protocol):
    """Where batches come from: a capture.files.FileSource."""

    @property
    def interfaces(self) -> list[Interface]:
        """See capture.source.Source."""

    @property
    def counts(self) -> Counts:
        """See capture.source.Source."""

    @property
    def progress(self) -> tuple[int, int | None]:
        """See FileSource."""

    def batches(self) -> Iterator[FrameBatch]:
        """See capture.source.Source."""


class Line(Protocol):
    """An engine.pipeline.Pipeline that has a part of the flows."""

    @property
    def share(self) -> Share:
        """The tracker's."""

    def decode(self, batch: FrameBatch, table: PacketTable | None = None) -> PacketTable:
        """Frames to packets."""

    def ingest(self, table: PacketTable) -> None:
        """Packets to flows."""

    def finish(self) -> None:
        """End every flow."""

    def outcome(self) -> Outcome:
        """What was counted so far."""

    @property
    def strained(self) -> str:
        """Why what is found is not what one line would find that has all flows; empty where it is."""


class Result(msgspec.Struct, kw_only=True):
    """What a worker came to. ``harvest`` is what its listener gathered."""

    outcome: Outcome
    counts: Counts
    error: Error | None = None
    harvest: Any = None


class Stretch(msgspec.Struct, kw_only=True):
    """What a worker has to say of some batches. ``frames``: all so far; interfaces: all that are known.

    ``strained``: why the workers' results are not one process's from here on; nothing else is of use then.
    """

    frames: int
    progress: tuple[int, int | None]
    interfaces: list[Interface]
    notes: list[Note] = []
    ended: list[Ended] = []
    result: Result | None = None
    strained: str = ""


class Keeper:
    """Half a listener: keeps each flow that has ended, to be told of."""

    def __init__(self) -> None:
        self.parcels: list[Parcel] = []

    def ended(self, flow: Flow) -> None:
        """See engine.pipeline.Listener."""
        self.parcels.append(wrap(flow))

    def taken(self, places: list[Place]) -> list[Ended]:
        """Those since the last call, each with its place."""
        parcels, self.parcels = self.parcels, []
        return list(zip(places, parcels, strict=True))


class Shift:
    """One worker's. ``prepare`` is called before packets are ingested; ``harvest`` at the end."""

    def __init__(self, desk: Desk, source: Input, line: Line) -> None:
        self.desk = desk
        self.source = source
        self.line = line
        self.notes: Notes | None = None
        self.keeper: Keeper | None = None
        self.prepare: Callable[[], None] = _nothing
        self.harvest: Callable[[], Any] = _nothing
        self._frames = 0
        self._ended: list[Ended] = []

    def run(self) -> None:
        """To the end of the input, or to where all are asked to stop."""
        done, error = 0, None
        try:
            for table in self._decoded():
                self.prepare()
                self.line.ingest(table)
                done += 1
                self._keep()
                if self.line.strained:
                    self.desk.last(self._stretch(strained=self.line.strained), done)
                    return
                if done % STRETCH == 0:
                    self.desk.send(self._stretch())
        except CaptureError as damage:
            error = (damage.path, damage.offset, damage.reason, damage.inside)
        self.line.finish()
        self._keep()
        result = Result(
            outcome=self.line.outcome(), counts=self.source.counts, error=error, harvest=self.harvest()
        )
        self.desk.last(self._stretch(result=result), done)

    def _decoded(self) -> Iterator[PacketTable]:
        """Every batch, up to where all stop."""
        batches = self.source.batches()
        table = PacketTable()
        done, end = 0, -1
        while done != end:
            if end < 0 and self.desk.halting:
                end = self.desk.agree(done)
                continue
            batch = next(batches, None)
            if batch is None:
                return
            self._frames += batch.count
            done += 1
            yield self.line.decode(batch, table)

    def _keep(self) -> None:
        if self.keeper is not None:
            self._ended += self.keeper.taken(self.line.share.places)

    def _stretch(self, *, result: Result | None = None, strained: str = "") -> Stretch:
        ended, self._ended = self._ended, []
        return Stretch(
            frames=self._frames,
            progress=self.source.progress,
            interfaces=self.source.interfaces,
            notes=self.notes.taken() if self.notes is not None else [],
            ended=ended,
            result=result,
            strained=strained,
        )


def _nothing() -> None:
    """What most shifts prepare and harvest."""
