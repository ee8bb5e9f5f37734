"""What a watch keeps beside what it shows: a written file, and the flight recorder. Fed once a batch.

Made before the process gives up its rights: everything that needs a name is opened here. A file that takes no
more ends the watch; an incident that cannot be written does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from procwire.capture.source import CaptureError, Interface
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.observation import Observation
from procwire.model.packets import PacketTable
from procwire.model.rows import RowContext
from procwire.recorder.wishes import Wishes

if TYPE_CHECKING:  # loaded where something is kept
    from procwire.recorder.flight import Flight
    from procwire.recorder.held import Held
    from procwire.recorder.vault import Owner
    from procwire.recorder.writing import Writing


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
        self.context = context
        self.looked: Callable[[FrameBatch, PacketTable], None] | None = None  # who looks at each batch too
        self._source = source
        self._watch = watch
        self._failed = False  # a file took no more
        self._recorded: Held | None = None
        self.writing: Writing | None = None
        if wishes.record:
            from procwire.recorder.flight import Flight
            from procwire.recorder.noted import Notes
            from procwire.recorder.track import Numbers, grain
            from procwire.recorder.vault import Vault, place
            from procwire.recorder.writing import held

            vault = Vault(place(wishes.directory), quota_bytes=wishes.quota_bytes, owner=owner)
            longest = max(grain(track) for track in wishes.record)  # blocks reach back further than asked
            notes = Notes(wishes.before_ns + wishes.after_ns + longest, context)
            self.flight = Flight(wishes, vault, Numbers(source.interfaces), notes)
            self._recorded = held(wishes.record_only, context, watch)
        if wishes.write:
            from procwire.recorder.writing import Writing

            self.writing = Writing(wishes, source.interfaces, context, watch)

    # What the watch tells.

    def opened(self, flow: Flow) -> None:
        """A flow began."""
        if self.flight is not None:
            self.flight.notes.opened(flow)
        if self._recorded is not None:
            self._recorded.opened(flow)
        if self.writing is not None:
            self.writing.opened(flow)

    def ended(self, flow: Flow) -> None:
        """A flow is over."""
        if self.flight is not None:
            self.flight.notes.ended(flow)
        if self._recorded is not None:
            self._recorded.ended(flow)
        if self.writing is not None:
            self.writing.ended(flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """A parser saw something."""
        if self.flight is not None:
            self.flight.notes.observed(flow, observation)

    def take(self, batch: FrameBatch, table: PacketTable) -> None:
        """A batch, and what the pipeline made of it."""
        if self.looked is not None:
            self.looked(batch, table)
        self._try(lambda writing: writing.take(batch, table))
        if self.flight is None:
            return
        if self._recorded is None:
            self.flight.take(batch, 0, batch.count)
        else:
            self._recorded.take(batch, table)

    def tick(self, now: int) -> None:
        """Some times a second, at ``now`` (ns since 1970)."""
        self._try(lambda writing: writing.tick(now))
        if self.flight is not None:
            self._let_in(now)
            self.flight.tick(now, self._source.drops)

    def close(self, now: int) -> None:
        """No packet will come any more; it is ``now``."""
        drops = self._source.drops()
        places = {each.index: drops[each.name] for each in self._source.interfaces if drops.get(each.name)}
        self._try(lambda writing: writing.close(places))
        if self.flight is not None:
            self._let_in(0, all_=True)
            self.flight.rest(now, drops)

    def _let_in(self, now: int, *, all_: bool = False) -> None:
        if self._recorded is not None and self.flight is not None:
            for batch, row, until in self._recorded.ready(now, all_=all_):
                self.flight.take(batch, row, until)

    def _try(self, step: Callable[[Writing], None]) -> None:
        if self.writing is None or self._failed:
            return
        try:
            step(self.writing)
        except CaptureError as error:
            self._failed = True
            self._watch.full(error)
