"""Writes to disk for a recorder, on a thread of its own: capture never waits for a disk.

Work waits in a bounded queue of bytes; what found no room is counted by whoever handed it over. The thread
starts with the first work, so that it is as confined as the process is by then.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

MAX_WAITING_BYTES = 512 << 20  # mostly blocks that their ring still holds
CLOSE_SECONDS = 30.0

Step = Callable[[], None]


class Scribe:
    """``add`` takes a step and how many bytes it will write; steps are done in order."""

    def __init__(self) -> None:
        self._queue: deque[tuple[Step, int]] = deque()
        self._waiting = 0
        self._change = threading.Condition()
        self._stopping = False
        self._busy = False
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self.problem = ""  # of a step that failed as none should

    def add(self, step: Step, size: int = 0) -> bool:
        """False where too much waits already; a step of size 0 always finds room."""
        with self._change:
            if size and self._waiting + size > MAX_WAITING_BYTES:
                return False
            if self._thread.ident is None:
                self._thread.start()
            self._queue.append((step, size))
            self._waiting += size
            self._change.notify_all()
        return True

    def settle(self, timeout: float = CLOSE_SECONDS) -> bool:
        """Wait until all that was added is done; whether that came in time."""
        with self._change:
            return self._change.wait_for(lambda: not self._queue and not self._busy, timeout)

    def close(self) -> None:
        """Do what waits, and end."""
        with self._change:
            self._stopping = True
            self._change.notify_all()
        if self._thread.ident is not None:
            self._thread.join(CLOSE_SECONDS)

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: bool(self._queue) or self._stopping)
                if not self._queue:
                    return
                step, size = self._queue.popleft()
                self._busy = True
            try:
                step()
            except Exception as error:
                self.problem = f"{type(error).__name__}: {error}"
            with self._change:
                self._waiting -= size
                self._busy = False
                self._change.notify_all()
