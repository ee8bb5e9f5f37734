"""What the workers of one reading found, put together in the order in which one process would have found it.

Refuses to put together what does not belong together: see ``StrainedError``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from operator import itemgetter

from procwire.capture.source import CaptureError, Counts, Interface
from procwire.crew.naming import Labels
from procwire.crew.outcome import Outcome, joined
from procwire.crew.parcel import unwrap
from procwire.crew.shift import Result, Stretch
from procwire.crew.workers import Crew
from procwire.model.flow import Flow

CHANGED = "the workers did not read the same"

_place = itemgetter(0)


class StrainedError(Exception):
    """Workers cannot find what one process would: it has to begin again alone. Says why."""


class Gathering:
    """Gives ``ended`` every flow that has ended, in order, and fills ``interfaces``. ``given``: how many.

    After ``run``: ``outcome``, ``counts``, ``error`` and ``harvests``, one of each worker.
    """

    def __init__(self, crew: Crew, interfaces: list[Interface], ended: Callable[[Flow], None]) -> None:
        self.crew = crew
        self.interfaces = interfaces
        self.ended = ended
        self.labels = Labels()
        self.given = 0
        self.outcome: Outcome
        self.counts = Counts()
        self.error: CaptureError | None = None
        self.harvests: list[object] = []

    def run(self, progress: Callable[[int, int | None], None] | None) -> None:
        """To the end. Raises StrainedError and workers.WorkerError."""
        while True:
            stretches = self.crew.round()
            results = [stretch.result for stretch in stretches if stretch.result is not None]
            self._check(stretches, len(results))
            self.interfaces += stretches[0].interfaces[len(self.interfaces) :]
            self._give(stretches)
            if progress:
                progress(*stretches[0].progress)
            if results:
                self._close(results)
                return

    def _check(self, stretches: Sequence[Stretch], results: int) -> None:
        for stretch in stretches:
            if stretch.strained:
                raise StrainedError(stretch.strained)
            if stretch.frames != stretches[0].frames or results not in (0, len(stretches)):
                raise StrainedError(CHANGED)

    def _give(self, stretches: Sequence[Stretch]) -> None:
        self.labels.read([stretch.notes for stretch in stretches])
        ended = sorted(chain.from_iterable(stretch.ended for stretch in stretches), key=_place)
        for _, parcel in ended:
            flow = unwrap(parcel)
            self.labels.put(flow)
            self.given += 1
            self.ended(flow)

    def _close(self, results: Sequence[Result]) -> None:
        self.outcome = joined([result.outcome for result in results])
        self.counts = results[0].counts
        if (error := results[0].error) is not None:
            path, offset, reason, inside = error
            self.error = CaptureError(path, offset, reason, inside=inside)
        self.harvests = [result.harvest for result in results]
