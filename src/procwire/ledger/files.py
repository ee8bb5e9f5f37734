"""Files that only grow: fixed-size entries, and the nodes of the tree in one such file a level.

They are derived from the records and can be made again from them, so nothing here is synced.
"""

from __future__ import annotations

import os
from pathlib import Path

from procwire.ledger.tree import DIGEST_BYTES, LedgerError

FLUSH_BYTES = 65_536  # of one file that wait in memory
MAX_LEVELS = 63


class Growing:
    """Entries of ``size`` bytes at the end of a file. What waits in memory is read as if it were written."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self._size = size
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        self._written = os.fstat(self._file).st_size // size
        self._waiting = bytearray()

    def __len__(self) -> int:
        return self._written + len(self._waiting) // self._size

    def add(self, entry: bytes) -> None:
        """One more."""
        self._waiting += entry
        if len(self._waiting) >= FLUSH_BYTES:
            self.flush()

    def get(self, index: int) -> bytes:
        """One that was added. Raises LedgerError where there is none."""
        if not 0 <= index < len(self):
            raise LedgerError(f"{self.path}: no entry {index}")
        if index >= self._written:
            at = (index - self._written) * self._size
            return bytes(self._waiting[at : at + self._size])
        return os.pread(self._file, self._size, index * self._size)

    def cut(self, count: int) -> None:
        """Keep the first ``count``."""
        self.flush()
        os.ftruncate(self._file, count * self._size)
        self._written = count

    def flush(self) -> None:
        """Write what waits. Raises OSError, and what was not written waits on."""
        while self._waiting:
            done = os.pwrite(self._file, self._waiting, self._written * self._size)
            whole = done // self._size
            self._written += whole
            del self._waiting[: whole * self._size]
            if not whole:
                raise OSError(28, os.strerror(28), str(self.path))

    def close(self) -> None:
        """Write what waits, if that can be."""
        try:
            self.flush()
        except OSError:
            pass  # made again from the records when the ledger is opened
        finally:
            os.close(self._file)


class Levels:
    """The nodes of a tree in ``directory``: ``nodes.00`` holds the leaves. See tree.Store."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._levels: list[Growing] = []
        for level in range(MAX_LEVELS):
            if not (path := self._path(level)).exists():
                break
            self._levels.append(Growing(path, DIGEST_BYTES))

    def add(self, level: int, digest: bytes) -> None:
        """See tree.Store."""
        if level == len(self._levels):
            self._levels.append(Growing(self._path(level), DIGEST_BYTES))
        self._levels[level].add(digest)

    def get(self, level: int, index: int) -> bytes:
        """See tree.Store. Raises LedgerError where there is none."""
        if level >= len(self._levels):
            raise LedgerError(f"{self._path(level)}: no such file")
        return self._levels[level].get(index)

    def whole(self) -> int:
        """How many records all levels together hold."""
        size = len(self._levels[0]) if self._levels else 0
        for level in range(size.bit_length()):
            if level >= len(self._levels) or len(self._levels[level]) < size >> level:
                return 0
        return size

    def cut(self, size: int) -> None:
        """Keep what a tree of ``size`` records has."""
        for level, entries in enumerate(self._levels):
            entries.cut(size >> level)

    def flush(self) -> None:
        """See Growing."""
        for entries in self._levels:
            entries.flush()

    def close(self) -> None:
        """See Growing."""
        for entries in self._levels:
            entries.close()

    def _path(self, level: int) -> Path:
        return self._directory / f"nodes.{level:02}"
