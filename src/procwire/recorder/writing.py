"""``--write`` of a watch: packets to files that turn, all or those of flows that match, and a sidecar."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

from procwire.capture.source import Interface
from procwire.model.filter import compile_filter
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.packets import PacketTable
from procwire.model.rows import RowContext
from procwire.model.tables import FLOWS
from procwire.recorder.held import Held
from procwire.recorder.sidecar import Sidecar
from procwire.recorder.turning import Turns
from procwire.recorder.wishes import Wishes


class Settling(Protocol):
    """Who knows how far a flow is known."""

    def settled(self, flow: Flow) -> bool:
        """Is all known of it that will be?"""


class Writing:
    """Everything raises CaptureError where a file takes no more."""

    def __init__(
        self, wishes: Wishes, interfaces: Sequence[Interface], context: RowContext, watch: Settling
    ) -> None:
        self.turns = Turns(wishes.write, wishes.rotation, interfaces)
        self.held = held(wishes.write_only, context, watch)
        self.sidecar: Sidecar | None = None
        if self.turns.pcap:
            self.sidecar = Sidecar(wishes.write, watch.settled, self._written)

    def opened(self, flow: Flow) -> None:
        """A flow began."""
        if self.held is not None:
            self.held.opened(flow)
        if self.sidecar is not None:
            self.sidecar.opened(flow)

    def ended(self, flow: Flow) -> None:
        """It is over."""
        if self.held is not None:
            self.held.ended(flow)
        if self.sidecar is not None:
            self.sidecar.ended(flow)

    def take(self, batch: FrameBatch, table: PacketTable) -> None:
        """A batch that was ingested."""
        if self.held is None:
            self.turns.write(batch, 0, batch.count)
        else:
            self.held.take(batch, table)

    def tick(self, now: int) -> None:
        """Write what is decided by ``now``."""
        if self.sidecar is not None:  # first: with its last packet a flow is forgotten
            self.sidecar.tick()
        self._let_in(now)
        self.turns.flush()

    def close(self, dropped: dict[int, int]) -> None:
        """Nothing more will come."""
        try:
            if self.sidecar is not None:
                self.sidecar.close()
            self._let_in(0, all_=True)
        finally:
            self.turns.close(dropped)

    def _let_in(self, now: int, *, all_: bool = False) -> None:
        if self.held is not None:
            for batch, row, until in self.held.ready(now, all_=all_):
                self.turns.write(batch, row, until)

    def _written(self, flow: Flow) -> bool:
        return self.held is None or self.held.took(flow)


def held(words: str, context: RowContext, watch: Settling) -> Held | None:
    """Where packets wait for what is known of their flows; None where all are wanted."""
    if not words:
        return None
    return Held(compile_filter(words, FLOWS, now=time.time_ns()), context, watch.settled)
