"""A text file that another program is writing: what was added since the last look.

It may not be there yet, may be cut and begun again, or be replaced by another of the same name: it is then
read from its start. What is read passes through one buffer that the caller may wipe.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator

CHUNK_BYTES = 1 << 16
LOOK_BYTES = 1 << 22  # read at one look, so that a huge file delays no packet for long


class GrowingFile:
    """``take`` yields chunks of a buffer that is used again. Raises OSError; one not there yet is empty."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._fd = -1
        self._at = 0
        self._identity: tuple[int, int] | None = None
        self._buffer = bytearray(CHUNK_BYTES)
        self._opener: Callable[[], int] | None = None

    @property
    def there(self) -> bool:
        """Whether it was found so far."""
        return self._fd >= 0

    def open(self) -> None:
        """Open it now if it is there: later this process may not be allowed to. Raises OSError."""
        self._renew()

    def open_by(self, opener: Callable[[], int]) -> None:
        """Have it opened by another process from now on: a descriptor, or -1 where it is not to be had."""
        self._opener = opener

    def take(self, most: int = LOOK_BYTES) -> Iterator[memoryview]:
        """What was added since, about ``most`` bytes of it. A chunk is valid until the next is asked for."""
        self._renew()
        view = memoryview(self._buffer)
        done = 0
        while self._fd >= 0 and done < most:
            try:
                size = self._read(view)
            except BlockingIOError:
                return
            if size == 0:
                return
            self._at += size
            done += size
            yield view[:size]

    def _read(self, view: memoryview) -> int:
        """From where we are, whatever others with the same descriptor have read; of a pipe, what comes."""
        try:
            return os.preadv(self._fd, [view], self._at)
        except OSError as error:
            if error.errno != errno.ESPIPE:
                raise
        return os.readv(self._fd, [view])

    @property
    def stays(self) -> bool:
        """Whether what was read can be read again: a file, not a pipe."""
        return self._fd >= 0 and stat.S_ISREG(os.fstat(self._fd).st_mode)

    def again(self, place: int, most: int) -> bytearray:
        """At most so many bytes from a place on; none where it cannot be read. The caller's to wipe."""
        text = bytearray(most)
        try:
            size = os.preadv(self._fd, [text], place)
        except OSError:
            size = 0
        del text[size:]
        return text

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._at = -1, 0

    def _renew(self) -> None:
        """Open it, or the file that has taken its place."""
        if self._opener is not None:
            self._renew_by(self._opener)
            return
        try:
            status = os.stat(self.path)  # noqa: PTH116 - the descriptor's twin
        except FileNotFoundError:
            return
        except PermissionError:  # given up since it was opened
            if self._fd >= 0:
                return
            raise
        if self._fd >= 0 and (status.st_dev, status.st_ino) == self._identity and status.st_size >= self._at:
            return
        self.close()
        self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        self._identity = (status.st_dev, status.st_ino)

    def _renew_by(self, opener: Callable[[], int]) -> None:
        """Ask for it where we have none, it was cut, or nobody can find ours by a name any more."""
        if self._fd >= 0:
            held = os.fstat(self._fd)
            if held.st_nlink and held.st_size >= self._at:
                return
        found = opener()
        if found < 0:
            return
        self.close()
        self._fd = found
