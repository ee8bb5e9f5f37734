"""Orders to a scenario that runs in another process: pause, resume, stop, status.

A unix socket for each, in a directory that is its user's alone; one word a datagram, one JSON object back.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from procwire.shaping.failure import ShapingError

MAX_BYTES = 65536
WAIT_SECONDS = 3.0
_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def folder() -> Path:
    """Where the sockets are: /run/procwire/scenarios for root, else the user's runtime directory."""
    if os.geteuid() == 0:
        return Path("/run/procwire/scenarios")
    return Path(os.environ.get("XDG_RUNTIME_DIR") or f"/tmp/procwire-{os.geteuid()}", "procwire-scenarios")  # noqa: S108


class Control:
    """The socket of one scenario; a context manager. ``answer`` is given each order."""

    def __init__(
        self, name: str, answer: Callable[[str], dict[str, Any]], *, place: Path | None = None
    ) -> None:
        self._answer = answer
        directory = place if place is not None else folder()
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if directory.stat().st_uid != os.geteuid():
                raise ShapingError(f"{directory}: must be this user's own")
            self.name = _free(directory, _NAME.sub("-", name)[:64] or "scenario")
            self._path = directory / f"{self.name}.sock"
            self._socket = socket.socket(
                socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
            )
            self._socket.bind(str(self._path))
        except OSError as error:
            raise ShapingError(f"{directory}: {error.strerror}") from None

    def __enter__(self) -> Control:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def serve(self) -> None:
        """Answer what was asked."""
        with contextlib.suppress(OSError):
            word, peer = self._socket.recvfrom(MAX_BYTES)
            told = self._answer(word.decode("utf-8", "replace"))
            self._socket.sendto(json.dumps(told).encode()[:MAX_BYTES], peer)


def running(place: Path | None = None) -> list[str]:
    """Names of the scenarios that run."""
    directory = place if place is not None else folder()
    if not directory.is_dir():
        return []
    return sorted(path.stem for path in directory.glob("*.sock") if _alive(path))


def ask(name: str, word: str, place: Path | None = None) -> dict[str, Any]:
    """Give an order. Raises ShapingError."""
    directory = place if place is not None else folder()
    path = directory / f"{_NAME.sub('-', name)}.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as asking:
        asking.settimeout(WAIT_SECONDS)
        try:
            asking.bind(
                "\0procwire-" + os.urandom(8).hex()
            )  # an abstract name: nothing is left in the directory
            asking.sendto(word.encode(), str(path))
            told = json.loads(asking.recv(MAX_BYTES))
        except (FileNotFoundError, ConnectionRefusedError):
            known = ", ".join(running(directory)) or "none runs"
            raise ShapingError(f"no scenario {name[:60]!r} runs ({known})") from None
        except TimeoutError:
            raise ShapingError(f"scenario {name[:60]!r} does not answer") from None
        except (OSError, ValueError) as error:
            raise ShapingError(f"scenario {name[:60]!r}: {error}") from None
    if not isinstance(told, dict):
        raise ShapingError(f"scenario {name[:60]!r} says nothing of use")
    return told


def _alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as asking:
        try:
            asking.connect(str(path))
        except OSError:
            return False
    return True


def _free(directory: Path, name: str) -> str:
    """A name that nobody answers to; a socket that was left behind by one that died is taken away."""
    for number in range(1, 1000):
        tried = name if number == 1 else f"{name}-{number}"
        path = directory / f"{tried}.sock"
        if path.exists() and not _alive(path):
            path.unlink()
        if not path.exists():
            return tried
    raise ShapingError(f"a thousand scenarios are called {name}")
