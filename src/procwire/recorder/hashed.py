"""A file that is hashed as it is written, on a thread of its own, which seldom needs the interpreter.

Two hashes of a file take as long as its disk does; to read it again for them would double the time. The disk
is set to work early, so that ``close``, after which all is on it, has little left to wait for.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from typing import IO

import msgspec

ROOM_BYTES = 1 << 20
ROOMS = 4  # being filled, written and hashed
EARLY_BYTES = 64 << 20  # written before the disk is told to begin with them


class Hashed(msgspec.Struct, frozen=True):
    """One file."""

    bytes: int
    sha256: str
    blake3: str


class _Hashes:
    def __init__(self) -> None:
        from blake3 import blake3

        self._sha, self._blake = hashlib.sha256(), blake3()
        self._size = 0

    def update(self, part: bytes | memoryview) -> None:
        self._sha.update(part)
        self._blake.update(part)
        self._size += len(part)

    def found(self) -> Hashed:
        return Hashed(self._size, self._sha.hexdigest(), self._blake.hexdigest())


def hashed(file: IO[bytes]) -> Hashed:
    """Of a file that is there: read to its end."""
    hashes = _Hashes()
    while part := file.read(ROOM_BYTES):
        hashes.update(part)
    return hashes.found()


class HashedFile:
    """``room`` to write into, ``take`` what was used of it, ``close`` for the hashes. One writer."""

    def __init__(self, fd: int) -> None:
        """The descriptor stays open. The thread comes with the first room that is full."""
        self._fd = fd
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._full: queue.SimpleQueue[tuple[memoryview, int]] = queue.SimpleQueue()
        self._rooms = 1
        self._room = memoryview(bytearray(ROOM_BYTES))
        self._used = self._early = self._written = 0
        self._hashes = _Hashes()
        self._thread = threading.Thread(target=self._hash, name="hashes", daemon=True)

    def room(self, size: int) -> memoryview:
        """At least ``size`` bytes. Raises OSError."""
        if self._used + size > len(self._room):
            self._flush()
            if size > len(self._room):
                self._room = memoryview(bytearray(size))
        return self._room[self._used :]

    def take(self, size: int) -> None:
        """So much of the room was written to."""
        self._used += size

    def put(self, data: bytes) -> None:
        """These bytes. Raises OSError."""
        self.room(len(data))[: len(data)] = data
        self.take(len(data))

    def close(self) -> Hashed:
        """Wait for the disk; may be called once. Raises OSError."""
        try:
            self._flush()
            os.fsync(self._fd)
        finally:
            if self._thread.ident is not None:
                self._full.put((self._room, 0))
                self._thread.join()
        return self._hashes.found()

    def _flush(self) -> None:
        if not self._used:
            return
        view = self._room[: self._used]
        while view:
            view = view[os.write(self._fd, view) :]
        self._written += self._used
        if self._thread.ident is None:
            self._thread.start()
        self._full.put((self._room, self._used))
        self._used = 0
        self._room = self._next()
        if self._written - self._early >= EARLY_BYTES:  # of what was just written, nothing is dropped
            os.posix_fadvise(self._fd, self._early, self._written - self._early, os.POSIX_FADV_DONTNEED)
            self._early = self._written

    def _next(self) -> memoryview:
        if self._free.empty() and self._rooms < ROOMS:
            self._rooms += 1
            return memoryview(bytearray(ROOM_BYTES))
        return self._free.get()

    def _hash(self) -> None:
        while True:
            room, used = self._full.get()
            if not used:
                return
            self._hashes.update(room[:used])
            self._free.put(room)
