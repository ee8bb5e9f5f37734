"""A key log as a file: opened, read to its end, or followed as it grows."""

from __future__ import annotations

from collections.abc import Callable

from procwire.capture.growing import GrowingFile
from procwire.decrypt.keylog import KeyLog


class KeyFileError(OSError):
    """A key log cannot be read: words that say which and why."""


class KeyFile:
    """A key log on disk; what is read of it goes to the keys and nowhere else."""

    def __init__(self, path: str, keys: KeyLog) -> None:
        self.keys = keys
        self._file = GrowingFile(path)

    def open(self) -> None:
        """Open it if it is there, and read nothing. Raises KeyFileError."""
        try:
            self._file.open()
        except OSError as error:
            raise self._error(error.strerror or str(error)) from None

    def open_by(self, opener: Callable[[], int]) -> None:
        """See GrowingFile."""
        self._file.open_by(opener)

    def read_all(self) -> None:
        """To the end; no more will come. Raises KeyFileError where it cannot be read.

        While it stays open, connections that have to go, as there are too many, are read again when needed.
        """
        try:
            self._file.open()
            if self._file.stays:
                self.keys.read_again_by(self._file.again)
            while self.keys.drain(self._file.take()):
                pass
        except OSError as error:
            raise self._error(error.strerror or str(error)) from None
        if not self._file.there:
            raise self._error("No such file or directory")
        self.keys.end()
        self.keys.complete = True

    def poll(self) -> None:
        """What was added since. Never raises: a file that cannot be read now is tried again."""
        try:
            self.keys.drain(self._file.take())
        except OSError:
            self._file.close()

    def last(self) -> None:
        """What was added since, and no more."""
        self.poll()
        self.close()

    def close(self) -> None:
        """Let go of the file; what was read stays with the keys."""
        self._file.close()

    def _error(self, reason: str) -> KeyFileError:
        return KeyFileError(0, f"key log {self._file.path}: {reason}")


def open_keys(path: str) -> tuple[KeyLog | None, KeyFile | None]:
    """The key log of a watch, and the file that feeds it as it grows; None without a path."""
    if not path:
        return None, None
    keys = KeyLog()
    file = KeyFile(path, keys)
    file.poll()
    return keys, file
