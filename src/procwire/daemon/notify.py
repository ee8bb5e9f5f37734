"""What a service manager is told: sd_notify(3)'s protocol, a datagram of NAME=value lines.

Without NOTIFY_SOCKET nobody is there to be told, and every call does nothing. The socket is made at once:
what is confined later could make none.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping


class Notifier:
    """``watchdog_seconds``: how often WATCHDOG must be said, 0 for never."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self.watchdog_seconds = _watchdog(environ)
        self._socket: socket.socket | None = None
        path = environ.get("NOTIFY_SOCKET", "")
        if path[:1] in ("/", "@") and len(path) > 1:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            made.setblocking(False)
            try:
                made.connect("\0" + path[1:] if path[0] == "@" else path)
            except OSError:
                made.close()
            else:
                self._socket = made

    def ready(self) -> None:
        """Everything runs."""
        self._say(f"READY=1\nMAINPID={os.getpid()}")

    def reloading(self) -> None:
        """The configuration is read anew; ``ready`` follows. The time: for Type=notify-reload."""
        self._say(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The end has begun."""
        self._say("STOPPING=1")

    def watchdog(self) -> None:
        """Still at work."""
        if self.watchdog_seconds:
            self._say("WATCHDOG=1")

    def status(self, words: str) -> None:
        """One line on how it is, for systemctl status."""
        self._say("STATUS=" + words.replace("\n", " "))

    def close(self) -> None:
        """Say nothing more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _say(self, lines: str) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # a manager that does not listen is not ours to mend
                self._socket.send(lines.encode("utf-8", "replace"), socket.MSG_NOSIGNAL)


def _watchdog(environ: Mapping[str, str]) -> float:
    """WATCHDOG_USEC, where it is meant for this process."""
    microseconds, whom = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or (whom and whom != str(os.getpid())):
        return 0.0
    return int(microseconds) / 1e6
