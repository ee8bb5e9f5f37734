"""Worker processes: forks of ourselves, begun before there are threads, that each send messages in turn.

A worker has a part of the work and says what came of it, message by message; ``Crew.round`` is the next
message of each. It looks at ``Desk.halting`` from time to time: all stop at the same point when asked to.
A worker that dies or fails is an error that says so, never a part that is missing. Refuses to know what
the work is.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import signal
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any, BinaryIO

MAX_WORKERS = 4  # each reads and decodes everything, which more of them would spend most of their time on
PIPE_BYTES = 1 << 20  # that a worker may be ahead by: the most that an ordinary user may ask for

_SAID, _LAST, _HALTED, _FAILED = range(4)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class WorkerError(Exception):
    """A worker is gone, or failed: one line that says how."""


class Desk:
    """Where one worker sits: part ``part`` of ``parts``."""

    def __init__(self, part: int, parts: int, output: BinaryIO, control: BinaryIO, flag: mmap.mmap) -> None:
        self.part = part
        self.parts = parts
        self._output = output
        self._control = control
        self._flag = flag

    def send(self, message: Any) -> None:
        """The next message."""
        self._send(_SAID, message)

    def last(self, message: Any, done: int) -> None:
        """The last message, after ``done`` steps."""
        self._send(_LAST, (done, message))

    def fail(self, words: str) -> None:
        """Say what went wrong, instead of the last message."""
        self._send(_FAILED, words)

    @property
    def halting(self) -> bool:
        """Have all been asked to stop?"""
        return self._flag[0] != 0

    def agree(self, done: int) -> int:
        """After ``done`` steps: how many all will have done, that none has passed. To be asked once."""
        self._send(_HALTED, done)
        return int(pickle.load(self._control))  # noqa: S301 - a process of ours wrote it

    def _send(self, kind: int, message: Any) -> None:
        pickle.dump((kind, message), self._output, pickle.HIGHEST_PROTOCOL)
        self._output.flush()


class _Worker:
    """One worker as its crew has it. ``kept`` are messages that came while another one was waited for."""

    def __init__(self, pid: int, messages: BinaryIO, control: BinaryIO) -> None:
        self.pid = pid
        self.messages = messages
        self.control = control
        self.kept: deque[tuple[int, Any]] = deque()
        self.gone = False

    def load(self) -> tuple[int, Any]:
        """The next message. Raises WorkerError where there is none."""
        try:
            kind, message = pickle.load(self.messages)  # noqa: S301 - a fork of ours wrote it
        except (EOFError, pickle.UnpicklingError):
            raise WorkerError(f"a worker process {self.wait()}") from None
        if kind == _FAILED:
            raise WorkerError(f"a worker process failed: {message}")
        return kind, message

    def wait(self) -> str:
        """How it ended."""
        _, status = os.waitpid(self.pid, 0)
        self.gone = True
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            return f"ended with exit code {code}"
        why = ", perhaps for want of memory" if code == -signal.SIGKILL else ""
        return f"was ended by signal {-code} ({signal.Signals(-code).name}{why})"

    def leave(self) -> None:
        """Listen to it no more: it ends when it has something to say."""
        for file in (self.messages, self.control):
            with contextlib.suppress(OSError):
                file.close()


class Crew:
    """``parts`` workers, each of which runs ``work`` at a desk of its own. Raises OSError when it cannot."""

    def __init__(self, parts: int, work: Callable[[Desk], None]) -> None:
        self._flag = mmap.mmap(-1, 1)
        self._workers: list[_Worker] = []
        try:
            for part in range(parts):
                self._workers.append(self._begin(part, parts, work))
        except OSError:
            self.close()
            raise

    def _begin(self, part: int, parts: int, work: Callable[[Desk], None]) -> _Worker:
        up, down = os.pipe(), os.pipe()
        _widen(up[1])
        pid = os.fork()
        if pid == 0:
            for worker in self._workers:
                worker.messages.close()
                worker.control.close()
            os.close(up[0])
            os.close(down[1])
            _run(Desk(part, parts, os.fdopen(up[1], "wb"), os.fdopen(down[0], "rb"), self._flag), work)
        os.close(up[1])
        os.close(down[0])
        return _Worker(pid, os.fdopen(up[0], "rb"), os.fdopen(down[1], "wb"))

    def round(self) -> list[Any]:
        """The next message of each worker. Raises WorkerError."""
        return [self._next(worker) for worker in self._workers]

    def halt(self) -> None:
        """Ask all to stop at the same step, soon. May be called from a signal handler."""
        self._flag[0] = 1

    def close(self) -> None:
        """Have those end that have not, and wait. No signal is sent: a sandbox would not let it pass."""
        self.halt()
        for worker in self._workers:
            worker.leave()
        for worker in self._workers:
            if not worker.gone:
                worker.wait()
        self._workers = []

    def _next(self, worker: _Worker) -> Any:
        while not worker.kept:
            kind, message = worker.load()
            if kind == _HALTED:
                self._settle(worker, message)
            else:
                worker.kept.append((kind, message))
        kind, message = worker.kept.popleft()
        return message[1] if kind == _LAST else message

    def _settle(self, first: _Worker, done: int) -> None:
        """One has halted: when all have, let them go on to where the first of them is."""
        places = [done if worker is first else self._halted(worker) for worker in self._workers]
        for worker in self._workers:
            if not worker.kept or worker.kept[-1][0] != _LAST:
                pickle.dump(max(places), worker.control)
                worker.control.flush()

    def _halted(self, worker: _Worker) -> int:
        """How far a worker is that halts, or has come to its end."""
        while not worker.kept or worker.kept[-1][0] != _LAST:
            kind, message = worker.load()
            if kind == _HALTED:
                return int(message)
            worker.kept.append((kind, message))
        return int(worker.kept[-1][1][0])


def _run(desk: Desk, work: Callable[[Desk], None]) -> None:
    """A worker's life; does not return."""
    code = 1
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # the one who began it is asked, and says so
        work(desk)
        code = 0
    except (BrokenPipeError, EOFError):
        pass  # nobody listens any more
    except BaseException as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        with contextlib.suppress(OSError):
            desk.fail(f"{error!r} ({os.path.basename(last.filename)}:{last.lineno})")  # noqa: PTH119
    finally:
        os._exit(code)


def _widen(pipe: int) -> None:
    """Room for a worker that is ahead of the others, as far as the system grants it."""
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
