"""A desk, an input and a line that are played by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from procwire.capture.source import Counts, Interface
from procwire.crew.outcome import Outcome
from procwire.flows.limits import Counts as Tracked
from procwire.flows.share import Share
from procwire.model.frames import FrameBatch, batch_of
from procwire.model.packets import PacketTable


class Table:
    """What a desk was told. ``halts``: asked to stop after so many batches, to do so many."""

    def __init__(self, halts: tuple[int, int] | None = None) -> None:
        self.part, self.parts = 0, 2
        self.said: list[Any] = []
        self.halts = halts
        self.halting = halts is not None and halts[0] == 0

    def send(self, message: Any) -> None:
        self.said.append(message)

    def last(self, message: Any, done: int) -> None:
        self.said.append((done, message))

    def agree(self, done: int) -> int:
        assert self.halts is not None
        return max(done, self.halts[1])


class Batches:
    """An input of so many batches of one frame, and then an error or none."""

    def __init__(self, count: int, error: Exception | None = None) -> None:
        self.count = count
        self.error = error
        self.taken = 0
        self.interfaces = [Interface()]

    @property
    def counts(self) -> Counts:
        return Counts(frames=self.taken)

    @property
    def progress(self) -> tuple[int, int | None]:
        return self.taken, self.count

    def batches(self) -> Iterator[FrameBatch]:
        for _ in range(self.count):
            self.taken += 1
            yield batch_of([b"x"])
        if self.error is not None:
            raise self.error


class Pipe:
    """A line that counts, and is strained from a batch on."""

    def __init__(self, strained_at: int = 0) -> None:
        self.share = Share(0, 2)
        self.did: list[str] = []
        self.strained_at = strained_at

    def decode(self, batch: FrameBatch, table: PacketTable | None = None) -> PacketTable:
        assert table is not None
        table.count = batch.count
        return table

    def ingest(self, table: PacketTable) -> None:
        self.did.append(f"ingest {table.count}")

    def finish(self) -> None:
        self.did.append("finish")

    def outcome(self) -> Outcome:
        return Outcome(first=1, last=2, tracked=Tracked(), decoded={}, analysed={})

    @property
    def strained(self) -> str:
        return "full" if self.strained_at and len(self.did) >= self.strained_at else ""
