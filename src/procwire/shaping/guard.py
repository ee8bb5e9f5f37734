"""The command's side of shaping's warden: start it where none runs, ask it."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
from pathlib import Path

from procwire.shaping.failure import ShapingError
from procwire.shaping.requests import Held, Look, Refused, Reply, Request, send, take_reply
from procwire.shaping.watchdog import SOCKET

MODULE = "procwire.shaping.watchdog"
START_SECONDS = 20.0  # a loaded machine imports slowly
ANSWER_SECONDS = 10.0
TRIES = 3  # one that is just ending may still have the lock


class Line:
    """A connection to the warden of a directory, made when it is first needed; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._socket: socket.socket | None = None

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, asked: Request) -> Reply | None:
        """Its answer; None where none runs. Raises ShapingError where it refuses."""
        for _ in range(2):  # one that was there before may have ended, and another begun
            fresh = self._socket is None
            try:
                connection = self._connected()
                send(connection, asked)
                answer = take_reply(connection)
            except OSError:
                answer = None
            if answer is not None:
                break
            self.close()
            if fresh:
                return None
        if isinstance(answer, Refused):
            raise ShapingError(answer.reason)
        return answer

    def have(self, asked: Request) -> Reply:
        """The same, of a new one where none runs. Raises ShapingError."""
        for _ in range(TRIES):
            answer = self.ask(asked)
            if answer is not None:
                return answer
            start(self.folder)
        raise ShapingError(
            f"no watchdog answers in {self.folder}: nothing is shaped that nobody would put back"
        )

    def _connected(self) -> socket.socket:
        if self._socket is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(ANSWER_SECONDS)
            try:
                connection.connect(str(self.folder / SOCKET))
            except OSError:
                connection.close()
                raise
            self._socket = connection
        return self._socket


def ask(folder: Path) -> Held | None:
    """Have a running watchdog look at the journal; what it holds now. None where none runs."""
    with Line(folder) as line:
        answer = line.ask(Look())
    return answer if isinstance(answer, Held) else None


def start(folder: Path) -> None:
    """Start one, away from this process's group and session. Raises ShapingError."""
    source, sink = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    # -P: what lies in the directory that root happens to be in is no module of ours.
    words = [sys.executable, "-P", "-m", MODULE, str(folder)]
    root = str(Path(__file__).parents[2])
    paths = [root, *(path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PROCWIRE_")}
    environment = kept | {"PYTHONPATH": os.pathsep.join(paths)}
    try:
        pid = os.posix_spawn(
            sys.executable, words, environment, setsid=True,
            file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 0), (os.POSIX_SPAWN_DUP2, sink, 1),
                          (os.POSIX_SPAWN_DUP2, nothing, 2), (os.POSIX_SPAWN_CLOSE, source)],
        )  # fmt: skip
        os.close(sink)
        sink = -1
        os.waitpid(pid, 0)  # it has forked, and what goes on is nobody's child
        ready, _, _ = select.select([source], [], [], START_SECONDS)
        if not ready or not os.read(source, 1):
            raise ShapingError("the watchdog did not start: nothing is shaped that nobody would put back")
    except OSError as error:
        raise ShapingError(f"the watchdog did not start: {error.strerror}") from None
    finally:
        for descriptor in (source, nothing, sink):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
