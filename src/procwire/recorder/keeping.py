"""What a watch keeps beside what it shows: a written file, and the flight recorder. Fed once a batch.

Made before the process gives up its rights: everything that needs a name is opened here. A file that takes no
more ends the watch; an incident that cannot be written does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from procwire.capture.source import CaptureError, Interface
from procwire.capture.writer import PcapngWriter
from procwire.model.filter import compile_filter
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.observation import Observation
from procwire.model.packets import PacketTable
from procwire.model.rows import RowContext
from procwire.model.tables import FLOWS
from procwire.recorder.held import Held
from procwire.recorder.wishes import Wishes

if TYPE_CHECKING:
    from procwire.recorder.flight import Flight
    from procwire.recorder.vault import Owner


class Source(Protocol):
    """Where the frames come from."""

    @property
    def interfaces(self) -> list[Interface]:
        """Which grow."""

    def drops(self) -> dict[str, int]:
        """Frames that were lost, by interface."""


class Watch(Protocol):
    """Whose packets are kept."""

    def settled(self, flow: Flow) -> bool:
        """Is all known of a flow that will be?"""

    def full(self, error: CaptureError) -> None:
        """A written file takes no more."""


class Keeping:
    """Raises CaptureError for a file that cannot be written, RecorderError for a directory."""

    def __init__(
        self,
        wishes: Wishes,
        source: Source,
        context: RowContext,
        watch: Watch,
        *,
        owner: Owner | None = None,
    ) -> None:
        self.flight: Flight | None = None
        self._source = source
        self._watch = watch
        self._recorded: Held | None = None
        if wishes.record:
            from procwire.recorder.flight import Flight
            from procwire.recorder.noted import Notes
            from procwire.recorder.track import Numbers
            from procwire.recorder.vault import Vault, place

            vault = Vault(place(wishes.directory), quota_bytes=wishes.quota_bytes, owner=owner)
            notes = Notes(wishes.before_ns + wishes.after_ns, context)
            self.flight = Flight(wishes, vault, Numbers(source.interfaces), notes)
            self._recorded = _held(wishes.record_only, context, watch.settled)
        self._writer = PcapngWriter(wishes.write, source.interfaces) if wishes.write else None

    # What the watch tells.

    def opened(self, flow: Flow) -> None:
        """A flow began."""
        if self.flight is not None:
            self.flight.notes.opened(flow)
        if self._recorded is not None:
            self._recorded.opened(flow)

    def ended(self, flow: Flow) -> None:
        """A flow is over."""
        if self.flight is not None:
            self.flight.notes.ended(flow)
        if self._recorded is not None:
            self._recorded.ended(flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """A parser saw something."""
        if self.flight is not None:
            self.flight.notes.observed(flow, observation)

    def take(self, batch: FrameBatch, table: PacketTable) -> None:
        """A batch, and what the pipeline made of it."""
        if self._writer is not None:
            self._try(lambda writer: writer.write(batch))
        if self.flight is None:
            return
        if self._recorded is None:
            self.flight.take(batch, 0, batch.count)
        else:
            self._recorded.take(batch, table)

    def tick(self, now: int) -> None:
        """Some times a second, at ``now`` (ns since 1970)."""
        self._try(PcapngWriter.flush)
        if self.flight is not None:
            self._let_in(now)
            self.flight.tick(now, self._source.drops)

    def close(self, now: int) -> None:
        """No packet will come any more; it is ``now``."""
        drops = self._source.drops()
        places = {each.index: drops[each.name] for each in self._source.interfaces if drops.get(each.name)}
        self._try(lambda writer: writer.close(dropped=places))
        if self.flight is not None:
            self._let_in(0, all_=True)
            self.flight.close(now, drops)

    def _let_in(self, now: int, *, all_: bool = False) -> None:
        if self._recorded is not None and self.flight is not None:
            for batch, row, until in self._recorded.ready(now, all_=all_):
                self.flight.take(batch, row, until)

    def _try(self, step: Callable[[PcapngWriter], None]) -> None:
        if self._writer is None:
            return
        try:
            step(self._writer)
        except CaptureError as error:
            self._writer = None
            self._watch.full(error)


def _held(words: str, context: RowContext, settled: Callable[[Flow], bool]) -> Held | None:
    if not words:
        return None
    return Held(compile_filter(words, FLOWS, now=time.time_ns()), context, settled)
