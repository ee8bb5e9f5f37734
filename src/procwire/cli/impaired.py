"""What was made bad on purpose, beside the flows of a watch: opened before the walls, read at its ticks."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from procwire.model.flow import Flow
from procwire.model.observation import Observation
from procwire.model.rows import FlowRow

if TYPE_CHECKING:
    from procwire.engine.api import Context, Watching
    from procwire.model.listening import Audience
    from procwire.shaping.sightings import Sightings

EVERY_NS = 250_000_000


class Impaired:
    """Stands before a watch's audience; nothing is loaded where nothing was ever shaped on this host."""

    def __init__(self, folder: Path | None = None) -> None:
        from procwire.shaping.board import Board

        is_root = os.geteuid() == 0  # who else shapes, shapes nothing here
        self._board = Board(folder).open() if is_root else -1
        self._own = Path("/proc/self/ns/net").stat().st_ino  # behind the walls, it is another
        self._sightings: Sightings | None = None
        self._watching: Watching | None = None
        self._context: Context | None = None
        self._audience: Audience | None = None
        self._next = 0

    def attach(self, watching: Watching, context: Context) -> None:
        """From now on rows of this context know."""
        if self._board < 0:
            return
        from procwire.shaping.sightings import Sightings

        self._sightings = context.impaired = Sightings(self._own)
        self._watching, self._context = watching, context
        self._audience, watching.audience = watching.audience, self
        self._look(time.time_ns())

    def told(self, event: str, flow: Flow) -> None:
        """See Audience."""
        if self._audience is not None:
            self._audience.told(event, flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Audience."""
        if self._audience is not None:
            self._audience.observed(flow, observation)

    def ticked(self, now: int) -> None:
        """See Audience."""
        if now >= self._next:
            self._next = now + EVERY_NS
            self._look(now)
        if self._audience is not None:
            self._audience.ticked(now)

    def _look(self, now: int) -> None:
        from procwire.shaping.board import notices

        found = notices(self._board)
        if found is not None and self._sightings is not None:
            self._sightings.take(found, self._rows, now)

    def _rows(self) -> Iterator[FlowRow]:
        if self._watching is not None and self._context is not None:
            for flow in self._watching.pipeline.tracker.active():
                yield FlowRow(flow, self._context)
