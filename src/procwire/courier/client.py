"""The courier, as whoever holds the outbox sees it."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time

from procwire.courier.line import give, take_done
from procwire.model.sink import Done, Work

END_SECONDS = 2.0
STEP_SECONDS = 0.01


class Courier:
    """``send`` gives work, ``hear`` takes answers; neither waits."""

    def __init__(self, pid: int, end: socket.socket) -> None:
        self.pid = pid
        self.gone = False
        self._end = end

    def greeted(self, seconds: float) -> str:
        """Wait for its first word: empty where it is at work, else why it is not."""
        poll = select.poll()
        poll.register(self._end.fileno(), select.POLLIN)
        if not poll.poll(int(seconds * 1000)):
            return f"the courier was not ready in {seconds:g} s"
        first = next(iter(self.hear()), None)
        if first is None:
            return "the courier has ended"
        return first.results[0].reason if first.results else ""

    def wait(self, seconds: float) -> Done | None:
        """The next answer to work; None where none comes."""
        poll = select.poll()
        poll.register(self._end.fileno(), select.POLLIN)
        end = time.monotonic() + seconds
        while not self.gone and (left := end - time.monotonic()) > 0:
            poll.poll(int(left * 1000) + 1)
            for done in self.hear():
                if done.number:
                    return done
        return None

    def fileno(self) -> int:
        """For poll."""
        return self._end.fileno()

    def send(self, work: Work) -> bool:
        """False where it cannot be taken now."""
        if self.gone:
            return False
        try:
            return give(self._end, work, wait=False)
        except OSError:
            self.gone = True
            return False

    def hear(self) -> list[Done]:
        """All answers so far."""
        found: list[Done] = []
        while not self.gone:
            try:
                done = take_done(self._end)
            except BlockingIOError:
                break
            except OSError:
                done = None
            if done is None:
                self.gone = True
                break
            found.append(done)
        return found

    def close(self) -> None:
        """No more work; wait a moment until it has ended."""
        with contextlib.suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()
        end = time.monotonic() + END_SECONDS
        with contextlib.suppress(ChildProcessError):
            while not os.waitpid(self.pid, os.WNOHANG)[0] and time.monotonic() < end:
                time.sleep(STEP_SECONDS)
