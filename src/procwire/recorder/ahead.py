"""Batches of a source read one ahead on a thread of its own, while the one before is written.

Reading and walking let go of the interpreter. Refuses to know what is in them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import SimpleQueue

from procwire.model.frames import FrameBatch

ALIVE = 2  # one read ahead of the one in hand: a source keeps as many valid (capture.source.Source)


class Ahead:
    """``take`` gives a batch that is valid until the next one is taken; raises what reading raised."""

    def __init__(self, batches: Iterator[FrameBatch]) -> None:
        self._batches = batches
        self._free = threading.Semaphore(ALIVE)
        self._read: SimpleQueue[FrameBatch | BaseException | None] = SimpleQueue()
        self._stopping = self._over = False
        self._held = False
        self._thread = threading.Thread(target=self._run, name="again", daemon=True)

    def take(self) -> FrameBatch | None:
        """The next; None at the end. The thread begins with the first."""
        if self._over:
            return None
        if self._thread.ident is None:
            self._thread.start()
        if self._held:
            self._free.release()
        found = self._read.get()
        self._held = isinstance(found, FrameBatch)
        self._over = not self._held
        if isinstance(found, BaseException):
            raise found
        return found

    def close(self) -> None:
        """Wait until the thread has ended; may be called twice."""
        self._stopping = True
        self._free.release()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while self._free.acquire() and not self._stopping:
                batch = next(self._batches, None)
                if batch is None:
                    break
                self._read.put(batch)
        except BaseException as error:
            self._read.put(error)
        self._read.put(None)
