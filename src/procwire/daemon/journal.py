"""The log: lines on standard error, or entries with a level in journald's own protocol.

Journald is spoken to where standard error is its stream (JOURNAL_STREAM, systemd.exec(5)), by datagrams to
its socket: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/. The socket is made at once, so that a process that is
confined later still has it. What is written to ``stream`` becomes an entry a line.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import sys
from collections.abc import Mapping
from typing import Any

SOCKET = "/run/systemd/journal/socket"
ERROR, WARNING, NOTICE, INFO = 3, 4, 5, 6  # syslog(3)
NAMES = {ERROR: "error: ", WARNING: "warning: "}
MAX_LINE = 8_192  # characters of one entry
_PREFIX = "procwire: "


class Log:
    """Entries by level. ``sink``: where lines go when nobody else takes them."""

    def __init__(
        self, environ: Mapping[str, str] = os.environ, *, path: str = SOCKET, sink: Any = None
    ) -> None:
        self._sink = sink if sink is not None else sys.stderr
        self._journal = _connect(path) if _is_stream(environ.get("JOURNAL_STREAM", ""), self._sink) else None
        self.stream = LogStream(self)

    @property
    def native(self) -> bool:
        """Whether journald is spoken to in its own protocol."""
        return self._journal is not None

    def say(self, level: int, words: str) -> None:
        """One entry. Never raises."""
        words = words[:MAX_LINE]
        if self._journal is not None:
            with contextlib.suppress(OSError):
                self._journal.send(entry(level, words), socket.MSG_NOSIGNAL)
                return
        with contextlib.suppress(OSError, ValueError):
            self._sink.write(f"{_PREFIX}{NAMES.get(level, '')}{words}\n")
            self._sink.flush()

    def error(self, words: str) -> None:
        """What ends something."""
        self.say(ERROR, words)

    def warning(self, words: str) -> None:
        """What is not as it should be."""
        self.say(WARNING, words)

    def info(self, words: str) -> None:
        """What is good to know later."""
        self.say(INFO, words)

    def close(self) -> None:
        """No more entries."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None


class LogStream(io.TextIOBase):
    """In the place of standard error: each line that others write there is an entry."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._part = ""

    def writable(self) -> bool:
        """See TextIOBase."""
        return True

    def write(self, text: str) -> int:
        """See TextIOBase."""
        *lines, self._part = (self._part + text).split("\n")
        for line in lines:
            self._entry(line)
        if len(self._part) > MAX_LINE:
            self._entry(self._part)
            self._part = ""
        return len(text)

    def _entry(self, line: str) -> None:
        if line:
            self._log.say(NOTICE, line.removeprefix(_PREFIX))


def entry(level: int, words: str) -> bytes:
    """One datagram. A value of several lines has its length in front (64 bits, little-endian)."""
    message = words.encode("utf-8", "backslashreplace")
    head = f"PRIORITY={level}\nSYSLOG_IDENTIFIER=procwire\nSYSLOG_PID={os.getpid()}\n".encode()
    if b"\n" in message:
        return head + b"MESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n"
    return head + b"MESSAGE=" + message + b"\n"


def _is_stream(told: str, sink: Any) -> bool:
    """Whether ``sink`` is the stream that JOURNAL_STREAM (device:inode) names."""
    try:
        found = os.fstat(sink.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return told == f"{found.st_dev}:{found.st_ino}"


def _connect(path: str) -> socket.socket | None:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        made.connect(path)
    except OSError:
        made.close()
        return None
    return made
