"""The command's side of the watchdog: start it where none runs, have it hold an entry before anything is
changed.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import sys
from pathlib import Path
from typing import Any

from procwire.shaping.failure import ShapingError
from procwire.shaping.watchdog import HOLD, LOOK, SOCKET, TELL

MODULE = "procwire.shaping.watchdog"
START_SECONDS = 20.0  # a loaded machine imports slowly
ANSWER_SECONDS = 10.0
CHUNK_BYTES = 65536
TRIES = 3  # one that is just ending may still have the lock


class Line:
    """A connection to the watchdog of a directory, made when it is first needed; a context manager.

    One line each way. What is only told has no answer: the watchdog reads it before it goes to sleep again.
    """

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

    def ask(self, words: str = LOOK) -> dict[str, Any] | None:
        """Have it look at the journal, or at one entry; what it holds then. None where none runs."""
        for _ in range(2):  # one that was there before may have ended, and another begun
            fresh = self._socket is None
            try:
                connection = self._connected()
                connection.sendall(f"{words}\n".encode())
                parts: list[bytes] = []
                while (part := connection.recv(CHUNK_BYTES)) and not part.endswith(b"\n"):
                    parts.append(part)
                found: dict[str, Any] = json.loads(b"".join((*parts, part)))
            except (OSError, ValueError):
                self.close()
                if fresh:
                    break
            else:
                return found
        return None

    def tell(self, identity: str) -> None:
        """Have it look at one entry; nobody waits until it has."""
        try:
            self._connected().sendall(f"{TELL} {identity}\n".encode())
        except OSError:
            self.close()

    def hold(self, identity: str) -> None:
        """Have an entry held, by a new watchdog where none runs. Raises ShapingError."""
        for _ in range(TRIES):
            told = self.ask(f"{HOLD} {identity}")
            if told is None:
                start(self.folder)
                told = self.ask(f"{HOLD} {identity}")
            if told is not None and identity in told["held"]:
                return
            if told is not None and identity in told["failed"]:
                raise ShapingError(str(told["failed"][identity]))
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


def ask(folder: Path) -> dict[str, Any] | None:
    """Have a running watchdog look at the journal; what it holds now. None where none runs."""
    with Line(folder) as line:
        return line.ask()


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
