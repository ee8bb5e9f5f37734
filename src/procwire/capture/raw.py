"""A file, a FIFO or standard input as its bytes lie there, counted as they are read.

Refuses to seek and to know what the bytes mean.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import stat
from typing import Any, BinaryIO

from procwire.capture.source import CaptureError


class Raw:
    """An open file.

    taken    bytes read so far
    """

    def __init__(self, file: str | BinaryIO, *, wait: bool = True) -> None:
        """``-`` is standard input; a file object that was given stays open. Raises CaptureError.

        A FIFO is waited for until somebody writes to it; without ``wait``, only when it is read.
        """
        self._awaited = wait
        self.path = file if isinstance(file, str) else str(getattr(file, "name", "stream"))
        self.taken = 0
        self._ahead = b""
        self._own = isinstance(file, str)
        try:
            self._file: Any = _open(file, wait=wait) if isinstance(file, str) else file
        except (OSError, ValueError) as error:
            raise CaptureError(self.path, None, reason_of(error)) from None

    def peek(self, count: int) -> bytes:
        """The next ``count`` bytes, which stay to be read; fewer at the end."""
        while len(self._ahead) < count:
            fresh = self._read(count - len(self._ahead))
            if not fresh:
                break
            self._ahead += fresh
        return self._ahead

    def read(self, count: int) -> bytes:
        """Up to ``count`` bytes; none at the end."""
        if self._ahead:
            head, self._ahead = self._ahead[:count], self._ahead[count:]
            return head
        return self._read(count)

    def readinto(self, view: memoryview) -> int:
        """Fill some of ``view``; 0 at the end."""
        if self._ahead:
            head = self.read(len(view))
            view[: len(head)] = head
            return len(head)
        return self._readinto(view)

    def _read(self, count: int) -> bytes:
        block = bytearray(count)
        return bytes(block[: self._readinto(memoryview(block))])

    def _readinto(self, view: memoryview) -> int:
        try:
            if not self._awaited:
                self._await()
            count = self._file.readinto(view)
            while count is None:  # a descriptor that does not block
                select.select([self._file], [], [])
                count = self._file.readinto(view)
        except (OSError, ValueError) as error:
            raise CaptureError(self.path, None, reason_of(error)) from None
        self.taken += count
        return int(count)

    def _await(self) -> None:
        """Readable, or left by all writers, is what a FIFO first becomes when somebody opens it to write."""
        self._awaited = True
        if self._own and self.path != "-":
            poll = select.poll()
            poll.register(self._file, select.POLLIN)
            poll.poll()
            os.set_blocking(self._file.fileno(), True)

    def close(self) -> None:
        """Close what was opened here."""
        if self._own:
            self._file.close()


def reason_of(error: OSError | ValueError) -> str:
    """What the system says, as a clause."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text[:1].lower() + text[1:]


def _open(path: str, *, wait: bool) -> io.FileIO:
    if path == "-":
        return io.FileIO(0, closefd=False)
    file = io.FileIO(path if wait else os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
    with contextlib.suppress(OSError):  # pipes have no read-ahead to ask for
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
    return file


def size_of(file: str | BinaryIO) -> int | None:
    """Bytes of a regular file; None for a pipe, standard input, or what is not there."""
    try:
        if isinstance(file, str):
            status = os.fstat(0) if file == "-" else os.stat(file)  # noqa: PTH116
        else:
            status = os.fstat(file.fileno())
    except (OSError, AttributeError):  # io.UnsupportedOperation is an OSError
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
