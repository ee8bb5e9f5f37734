"""Lines to standard output, or to a file that is rotated: FILE, FILE.1, FILE.2, ..., the oldest goes.

What counts as delivered is on the disk: the file is synced after each batch. A line that a full disk cut off
is cut away again before the next is written.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from procwire.courier.contract import CourierError
from procwire.model.sink import OK, Item, Result, Sink


class Output:
    """See Carrier. Standard output."""

    def __init__(self, header: bytes = b"", descriptor: int = 1) -> None:
        self._descriptor = descriptor
        self._header = header

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        data = (self._header + b"\n" if self._header else b"") + b"".join(item.body + b"\n" for item in items)
        self._header = b""
        while data:
            data = data[os.write(self._descriptor, data) :]
        return [OK] * len(items)

    def abort(self) -> None:
        """It is as slow as whoever reads it."""


class Rotated:
    """See Carrier. Raises CourierError where the file cannot be opened."""

    def __init__(self, sink: Sink, header: bytes = b"") -> None:
        self._path = Path(sink.path)
        self._most = sink.max_bytes
        self._keep = sink.keep
        self._header = header
        try:
            self._descriptor = self._open()
        except OSError as error:
            raise CourierError(f"sink {sink.name}: {sink.path}: {error.strerror or error}") from None

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        for item in items:
            line = item.body + b"\n"
            size = os.fstat(self._descriptor).st_size
            if size and size + len(line) > self._most:
                self._rotate()
                size = 0
            if not size and self._header:
                line = self._header + b"\n" + line
            self._write(line, size)
        os.fdatasync(self._descriptor)
        return [OK] * len(items)

    def abort(self) -> None:
        """A disk is waited for."""

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _write(self, line: bytes, size: int) -> None:
        rest = line
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, size)
            raise

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        made = os.open(self._path, flags, 0o600)
        if not stat.S_ISREG(os.fstat(made).st_mode):
            os.close(made)
            raise OSError(0, "not a regular file")
        return made

    def _rotate(self) -> None:
        """FILE.1 becomes FILE.2 and so on; with ``keep`` 0 the file begins again."""
        os.fdatasync(self._descriptor)
        if not self._keep:
            os.ftruncate(self._descriptor, 0)
            return
        for n in range(self._keep - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                self._numbered(n).rename(self._numbered(n + 1))
        self._path.rename(self._numbered(1))
        made = self._open()
        os.close(self._descriptor)
        self._descriptor = made

    def _numbered(self, n: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{n}")
