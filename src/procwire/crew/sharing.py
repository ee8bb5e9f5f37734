"""One reading by several processes: who may share it, and what becomes of it where they cannot.

Refuses to begin where one process would find more, or other things, than several.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any

from procwire.capture.files import FileSource, plain_bytes
from procwire.capture.source import CaptureError, Counts
from procwire.crew.gathering import Gathering, StrainedError
from procwire.crew.naming import Notes, Unnamed
from procwire.crew.outcome import Outcome
from procwire.crew.shift import Keeper, Line, Shift
from procwire.crew.workers import MAX_WORKERS, Crew, Desk
from procwire.model.flow import Flow
from procwire.model.listening import Gatherer, Listener, Silent, hears

SHARED_BYTES = 32 << 20  # files below that are read as fast by one process


MakeLine = Callable[[Listener, Any, tuple[int, int]], Line]  # with the names' book, and one part of how many


class Sharing:
    """A reading of ``source`` for ``listener``.

    ``enter`` is what each worker does first; ``prepare``: see Shift.
    After ``run`` has said True: ``error``, ``counts`` and ``outcome``. Where it says False, nothing was read,
    and ``rest`` is who hears what was not told yet.
    """

    def __init__(self, source: FileSource, listener: Listener, make: MakeLine) -> None:
        self.source = source
        self.listener = listener
        self.make = make
        self.enter: Callable[[], object]
        self.prepare: Callable[[], None]
        self.error: CaptureError | None = None
        self.counts: Counts
        self.outcome: Outcome
        self._crew: Crew | None = None
        self._told = 0
        gathers = isinstance(listener, Gatherer) and listener.gathers()
        self._gatherer: Any = listener if gathers else None

    def begin(self, workers: int) -> None:
        """Begin the workers, where the system has processes and memory for them. Before there are threads."""
        with contextlib.suppress(OSError):
            self._crew = Crew(workers, self._work)

    @property
    def begun(self) -> bool:
        """Are there workers?"""
        return self._crew is not None

    def run(self, progress: Callable[[int, int | None], None] | None) -> bool:
        """Let workers read; False where that cannot give what one process finds. Raises WorkerError."""
        assert self._crew is not None
        known = len(self.source.interfaces)
        gathering = Gathering(self._crew, self.source.interfaces, self.listener.ended)
        try:
            gathering.run(progress)
            if self._gatherer is not None and not self._gatherer.absorb(gathering.harvests):
                raise StrainedError("more is gathered than is kept")
        except StrainedError:
            del self.source.interfaces[known:]
            self._told = gathering.given
            return False
        finally:
            self.close()
        self.error, self.counts, self.outcome = gathering.error, gathering.counts, gathering.outcome
        return True

    def close(self) -> None:
        """End the workers."""
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.close()

    def halt(self) -> None:
        """End soon, all at one point. May be called from a signal handler."""
        if self._crew is not None:
            self._crew.halt()

    @property
    def rest(self) -> Listener:
        """Who hears of the flows that were not told yet, in a reading that begins again."""
        return After(self.listener, self._told) if self._told else self.listener

    def _work(self, desk: Desk) -> None:
        """What a worker does, with its copy of all this."""
        self.enter()
        part = (desk.part, desk.parts)
        if self._gatherer is not None:
            shift = Shift(desk, self.source, self.make(self._gatherer, Unnamed(), part))
            shift.harvest = self._gatherer.harvest
        else:
            notes, keeper = Notes(), _Kept()
            shift = Shift(desk, self.source, self.make(keeper, notes, part))
            notes.share = shift.line.share
            shift.notes, shift.keeper = notes, keeper
        shift.prepare = self.prepare
        shift.run()


class _Kept(Keeper, Silent):
    """A worker's listener where flows are told of."""


class After(Silent):
    """Passes on the flows that end, without the first ``skip``: these were told of already."""

    def __init__(self, listener: Listener, skip: int) -> None:
        self.listener = listener
        self.skip = skip

    def ended(self, flow: Flow) -> None:
        """See Silent."""
        if self.skip:
            self.skip -= 1
        else:
            self.listener.ended(flow)


def workers_for(listener: Listener, paths: Sequence[str], wanted: int = 0) -> int:
    """How many processes are to read: more than one where that makes no difference but in time.

    ``wanted``: how many are asked for; 0: as many as pay.
    """
    sizes = [plain_bytes(path) for path in paths]
    if None in sizes or any(hears(listener, what) for what in ("opened", "decided", "observed")):
        return 1
    if wanted:
        return wanted
    enough = sum(size or 0 for size in sizes) >= SHARED_BYTES
    return min(len(os.sched_getaffinity(0)), MAX_WORKERS) if enough else 1
