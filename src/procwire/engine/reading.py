"""``procwire read``: capture files through the pipeline, by this process alone or by several of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from procwire.capture.files import open_files
from procwire.capture.source import CaptureError, Counts
from procwire.crew.ahead import Ahead, Decoded
from procwire.crew.outcome import Outcome
from procwire.crew.sharing import Sharing, workers_for
from procwire.crew.summary import report_of
from procwire.crew.workers import WorkerError
from procwire.engine.keys import Tapped, keys_of
from procwire.engine.options import EngineError, ReadOptions
from procwire.engine.pipeline import Pipeline
from procwire.model.listening import Listener
from procwire.model.summary import SummaryReport
from procwire.sandbox.plan import Confinement
from procwire.sandbox.profile import fetch_late, shut_in

Progress = Callable[[int, int | None], None]


class Reading:
    """One run over capture files. After ``run``: ``error`` is the damage that ended it, or None; ``counts``
    what was read, ``outcome`` what it came to, and ``shared`` whether several processes did it.

    ``stop`` may be called from a signal handler; then ``stopped`` is set, and what came before was counted.
    """

    def __init__(self, options: ReadOptions, listener: Listener, *, tap: Tapped | None = None) -> None:
        self.options = options
        self.listener = listener
        self.keys, self._fill = keys_of(options)
        self._steer = None if tap is None else partial(tap, self.keys)
        self.pipeline = self._line(listener)
        self.error: CaptureError | None = None
        self.stopped = False
        self.shared = False
        try:
            files, chunk = options.files or options.paths, options.chunk_bytes
            self.source = open_files(
                files, merge=options.merge, lenient=options.lenient, chunk_bytes=chunk, lent=options.lent
            )
        except CaptureError as error:
            raise EngineError(str(error)) from None
        self._ahead = Ahead(self.source.batches, self._decode, lent=options.lent)
        self._sharing = Sharing(self.source, listener, self._line)
        self._sharing.enter, self._sharing.prepare = self._enter, self._take_secrets
        self._confinement: Confinement | None = None

    @property
    def workers(self) -> int:
        """How many processes are to read."""
        log = self.options.keylog
        piped = bool(log) and not Path(log).is_file()  # a pipe gives its lines to one reader
        if self._steer is not None or self.options.keep_keys or piped or self.options.files:
            return 1
        return workers_for(self.listener, self.options.paths, self.options.workers)

    def run(self, progress: Progress | None = None) -> None:
        """Read to the end or to the damage, then end every flow."""
        self.begin()
        if not self._share(progress):
            for _ in self.steps():
                if progress:
                    progress(*self.source.progress)

    def steps(self) -> Iterator[Decoded]:
        """The same by this process alone, batch by batch; the flows' ends come when all have been taken."""
        for each in self.packets():
            self._take_secrets()
            self.pipeline.ingest(each[1])
            yield each
        self.pipeline.finish()

    @property
    def confinement(self) -> Confinement:
        """What this process, and each worker, has given up."""
        return self._confinement or self.begin()

    def begin(self) -> Confinement:
        """Begin the workers, if any, and shut this process in for good. Raises EngineError, SandboxError."""
        if self._confinement is None:
            workers = self.workers
            if workers > 1:
                fetch_late(self.options.sandbox)
                self._sharing.begin(workers)
            try:
                self._confinement = self._enter()
            except BaseException:
                self._sharing.close()
                raise
        return self._confinement

    def _enter(self) -> Confinement:
        """Open the files, and read from then on in a cell: each process its own."""
        try:
            cell = shut_in(self.options.sandbox, self.source.hold, folders=self.options.folders)
        except CaptureError as error:
            raise EngineError(str(error)) from None
        self._fill()
        return cell

    def packets(self) -> Iterator[Decoded]:
        """Decoded batches in order, each valid until the next is asked for; sets ``error`` at damage."""
        self.begin()
        self._ahead.start()
        try:
            yield from self._ahead.take()
        except CaptureError as error:
            self.error = error
        finally:
            if self._ahead.stop():
                self.source.close()

    def stop(self) -> None:
        """End the reading with the batch in hand."""
        self.stopped = True
        self._sharing.halt()
        self._ahead.wake()

    @property
    def counts(self) -> Counts:
        """What was read."""
        return self._sharing.counts if self.shared else self.source.counts

    @property
    def outcome(self) -> Outcome:
        """What it came to."""
        return self._sharing.outcome if self.shared else self.pipeline.outcome()

    def report(self) -> SummaryReport:
        """The part of a summary that the rooms know; the groups are the face's to fill."""
        return report_of(self.outcome, list(self.options.paths))

    def _share(self, progress: Progress | None) -> bool:
        if not self._sharing.begun:
            return False
        try:
            self.shared = self._sharing.run(progress)
        except WorkerError as error:
            raise EngineError(str(error)) from None
        self.error = self._sharing.error
        if not self.shared and self._sharing.rest is not self.listener:
            self.pipeline = self._line(self._sharing.rest)
        return self.shared

    def _line(self, listener: Listener, names: Any = None, part: tuple[int, int] = (0, 1)) -> Pipeline:
        flows, keys = self.options.flows, self.keys
        return Pipeline(flows, listener, keys=keys, steer=self._steer, names=names, part=part)

    def _decode(self, *batch: Any) -> Any:
        return self.pipeline.decode(*batch)

    def _take_secrets(self) -> None:
        if self.keys is not None:
            self.keys.take_blocks(self.source.secrets)
