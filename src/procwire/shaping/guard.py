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
from procwire.shaping.watchdog import SOCKET

MODULE = "procwire.shaping.watchdog"
START_SECONDS = 20.0  # a loaded machine imports slowly
ANSWER_SECONDS = 10.0
MAX_ANSWER = 1 << 20
TRIES = 3  # one that is just ending may still have the lock


def ask(folder: Path) -> dict[str, Any] | None:
    """Have a running watchdog look at the journal; what it holds now. None where none runs."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        try:
            connection.connect(str(folder / SOCKET))
            connection.sendall(b"look\n")
            parts = []
            while part := connection.recv(MAX_ANSWER):
                parts.append(part)
            found: dict[str, Any] = json.loads(b"".join(parts))
        except (OSError, ValueError):
            return None
        return found


def hold(folder: Path, identity: str) -> None:
    """Have an entry held, by a new watchdog where none runs. Raises ShapingError."""
    for _ in range(TRIES):
        told = ask(folder)
        if told is None:
            start(folder)
            told = ask(folder)
        if told is not None and identity in told["held"]:
            return
        if told is not None and identity in told["failed"]:
            raise ShapingError(str(told["failed"][identity]))
    raise ShapingError(f"no watchdog answers in {folder}: nothing is shaped that nobody would put back")


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
