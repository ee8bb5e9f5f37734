"""``procwire read``: capture files through the pipeline.

The next batch is read and decoded on a thread of its own while this one is ingested: both halves are
compiled code that lets go of the interpreter lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue

from procwire.capture.files import FileSource, open_files
from procwire.capture.source import CaptureError
from procwire.engine.keys import Tapped, keys_of
from procwire.engine.options import EngineError, ReadOptions
from procwire.engine.pipeline import Listener, Pipeline
from procwire.model.frames import FrameBatch
from procwire.model.packets import PacketTable
from procwire.sandbox.profile import shut_in

STOP_SECONDS = 0.5  # a pipe that sends nothing may hold the decoding thread: then it is left behind
AHEAD = 2  # batches alive at once: one decoded ahead of the one in use (capture.source.Source)

Progress = Callable[[int, int | None], None]
Decoded = tuple[FrameBatch, PacketTable]


class Reading:
    """One run over capture files. After ``run``: ``error`` is the damage that ended it, or None.

    ``stop`` may be called from a signal handler; then ``stopped`` is set, and what came before was counted.
    """

    def __init__(self, options: ReadOptions, listener: Listener, *, tap: Tapped | None = None) -> None:
        self.options = options
        self.keys, fill = keys_of(options)
        self.pipeline = Pipeline(
            options.flows, listener, keys=self.keys, steer=None if tap is None else partial(tap, self.keys)
        )
        self.error: CaptureError | None = None
        self.stopped = False
        self._ahead = _Ahead(self)
        self.source: FileSource
        try:
            self.source = open_files(options.paths, merge=options.merge, lenient=options.lenient)
            self.confinement = shut_in(options.sandbox, self.source.hold, folders=options.folders)
        except CaptureError as error:
            raise EngineError(str(error)) from None
        fill()

    def run(self, progress: Progress | None = None) -> None:
        """Read to the end or to the damage, then end every flow."""
        for _, table in self.packets():
            if self.keys is not None:
                self.keys.take_blocks(self.source.secrets)
            self.pipeline.ingest(table)
            if progress:
                progress(*self.source.progress)
        self.pipeline.finish()

    def packets(self) -> Iterator[Decoded]:
        """Decoded batches in order, each valid until the next is asked for; sets ``error`` at damage."""
        self._ahead.start()
        try:
            yield from self._ahead.take()
        finally:
            if self._ahead.stop():
                self.source.close()

    def stop(self) -> None:
        """End the reading with the batch in hand."""
        self.stopped = True
        self._ahead.done.put(None)  # wakes ``take``, which may wait for a pipe


class _Ahead(threading.Thread):
    """Decodes one batch ahead. Tables take turns, as the source's batches do."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(name="decode", daemon=True)
        self.reading = reading
        self.tables = [PacketTable() for _ in range(AHEAD)]
        self.free = threading.Semaphore(AHEAD)
        self.done: SimpleQueue[Decoded | BaseException | None] = SimpleQueue()
        self.stopping = False

    def run(self) -> None:
        number = 0
        try:
            batches = self.reading.source.batches()
            while self.free.acquire() and not self.stopping:
                batch = next(batches, None)
                if batch is None:
                    break
                table = self.tables[number % AHEAD]
                number += 1
                self.done.put((batch, self.reading.pipeline.decode(batch, table)))
        except BaseException as error:
            self.done.put(error)
        self.done.put(None)

    def take(self) -> Iterator[Decoded]:
        while (item := self.done.get()) is not None and not self.reading.stopped:
            if isinstance(item, CaptureError):
                self.reading.error = item
            elif isinstance(item, BaseException):
                raise item
            else:
                yield item
                self.free.release()

    def stop(self) -> bool:
        """Whether it has ended."""
        self.stopping = True
        self.free.release(AHEAD)
        self.join(STOP_SECONDS if self.reading.stopped else None)
        return not self.is_alive()
