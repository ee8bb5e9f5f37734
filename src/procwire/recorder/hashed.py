"""A file that is hashed as it is written, by threads that seldom need the interpreter.

To read a file again for its hash would double the time. What is full goes to a thread that writes it and
to the one that hashes it, while the next is filled: BLAKE3 with 5 GB/s, which few disks outrun, and
SHA-256 where it is asked for, with 2 GB/s. Where the file system can, writing goes past the page cache
(open(2), O_DIRECT): one copy of every byte less, the disk is at work from the first megabyte on, and who
waits for all to be on it (container.settle) has little left to wait for.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import queue
import threading
from collections.abc import Iterator
from typing import IO

import msgspec

from procwire.disk.pages import LARGE_BYTES, PAGE_BYTES, pages
from procwire.sandbox.syscalls import call

ROOM_BYTES = LARGE_BYTES
ROOMS = 8  # being filled, written and hashed
WRITERS = 3  # the disk has further parts in hand when it is done with one, also while others read from it
ALLOCATED_BYTES = 64 << 20  # of the file at once, beyond what is expected


class Hashed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One file."""

    bytes: int
    blake3: str
    sha256: str = ""  # where it is asked for


class _Hashes:
    """What is made of all that passes."""

    def __init__(self, sha: bool) -> None:
        from blake3 import blake3

        self._blake = blake3()
        self._sha = hashlib.sha256() if sha else None

    def update(self, data: bytes | memoryview) -> None:
        """The next part."""
        self._blake.update(data)
        if self._sha is not None:
            self._sha.update(data)

    def told(self, size: int) -> Hashed:
        """Of ``size`` bytes in all."""
        return Hashed(size, self._blake.hexdigest(), self._sha.hexdigest() if self._sha is not None else "")


def hashed(file: IO[bytes], *, sha: bool = False) -> Hashed:
    """Of a file that is there: read to its end."""
    hashes, size = _Hashes(sha), 0
    while part := file.read(ROOM_BYTES):
        hashes.update(part)
        size += len(part)
    return hashes.told(size)


@contextlib.contextmanager
def past_cache(fd: int) -> Iterator[int]:
    """The same file once more, to be written past the page cache; -1 where its file system cannot."""
    try:
        again = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_DIRECT | os.O_CLOEXEC)
    except OSError:
        yield -1
        return
    try:
        yield again
    finally:
        os.close(again)


class HashedFile:
    """``room`` to write into, ``take`` what was used of it, ``close`` for the hashes. One writer."""

    def __init__(self, fd: int, past: int = -1, *, sha: bool = False) -> None:
        """The descriptors stay open. The threads come with the first room that is full."""
        self._writing = _Writing(fd, past, _Hashes(sha))
        self._rooms = 1
        self._room = pages(ROOM_BYTES)
        self._used = 0

    def expect(self, size: int) -> None:
        """About so many bytes will come: their blocks are taken at once, as writing stands still for it."""
        self._writing.expected = size

    def room(self, size: int) -> memoryview:
        """At least ``size`` bytes. Raises OSError."""
        if self._used + size > len(self._room):
            self._turn(size)
        return self._room[self._used :]

    def take(self, size: int) -> None:
        """So much of the room was written to."""
        self._used += size

    def put(self, data: bytes) -> None:
        """These bytes. Raises OSError."""
        self.room(len(data))[: len(data)] = data
        self.take(len(data))

    def close(self) -> Hashed:
        """Wait until all is written, if not yet for good; may be called once. Raises OSError."""
        return self._writing.end(self._room, self._used)

    def _turn(self, size: int) -> None:
        """On with the next room; what is no whole block goes with us."""
        room, used = self._room, self._used
        rest = used % PAGE_BYTES
        self._room = self._next(rest + size)
        self._room[:rest] = room[used - rest : used]
        self._used = rest
        self._writing.give(room, used - rest)

    def _next(self, size: int) -> memoryview:
        if size > ROOM_BYTES:
            return pages(size)
        if self._writing.free.empty() and self._rooms < ROOMS:
            self._rooms += 1
            return pages(ROOM_BYTES)
        return self._writing.free.get()


class _Part(msgspec.Struct):
    """A room on its way: ``left`` of the two who take it, one writes and one hashes."""

    room: memoryview
    used: int
    place: int
    left: int = 2


class _Writing:
    """What the threads have in hand. An error is kept for who gives next."""

    def __init__(self, fd: int, past: int, hashes: _Hashes) -> None:
        self.free: queue.LifoQueue[memoryview] = queue.LifoQueue()  # the last is in a cache
        self.expected = 0  # bytes in all
        self._fd, self._past = fd, past
        self._given = self._allocated = 0  # bytes
        self._error: OSError | None = None
        self._hashes = hashes
        self._lock = threading.Lock()
        self._to_write: queue.SimpleQueue[_Part | None] = queue.SimpleQueue()
        self._to_hash: queue.SimpleQueue[_Part | None] = queue.SimpleQueue()
        work = [("write", self._write)] * WRITERS + [("hash", self._hash)]
        self.threads = tuple(threading.Thread(target=each, name=name, daemon=True) for name, each in work)

    def give(self, room: memoryview, used: int) -> None:
        """A room that is full."""
        if self._error is not None:
            raise self._error
        if self.threads[0].ident is None:
            for thread in self.threads:
                thread.start()
        part = _Part(room, used, self._given)
        self._given += used
        self._allocate(self._given)
        self._to_write.put(part)
        self._to_hash.put(part)

    def end(self, room: memoryview, used: int) -> Hashed:
        """The last room. The threads are gone when this returns, or raises."""
        if self.threads[0].ident is not None:
            for _ in range(WRITERS):
                self._to_write.put(None)
            self._to_hash.put(None)
            for thread in self.threads:
                thread.join()
        if self._error is not None:
            raise self._error
        self._put(room[:used], self._given)
        self._hashes.update(room[:used])
        self._given += used
        if self._allocated > self._given:
            os.ftruncate(self._fd, self._given)
        return self._hashes.told(self._given)

    def _allocate(self, until: int) -> None:
        """Have the blocks before they are written to: then writers need not wait for each other."""
        if self._past < 0 or until <= self._allocated:
            return
        more = max(ALLOCATED_BYTES, self.expected - self._allocated)
        try:
            # posix_fallocate(3) would write to every block where the file system has no such call.
            call("fallocate", self._fd, 0, self._allocated, more)
            self._allocated += more
        except OSError:  # not here, or less is free: whether it is enough, writing will show
            self._allocated = 1 << 62

    def _write(self) -> None:
        while (part := self._to_write.get()) is not None:
            try:
                if self._error is None:
                    self._put(part.room[: part.used], part.place)
            except OSError as error:
                self._error = error
            self._let_go(part)

    def _hash(self) -> None:
        while (part := self._to_hash.get()) is not None:
            self._hashes.update(part.room[: part.used])
            self._let_go(part)

    def _let_go(self, part: _Part) -> None:
        with self._lock:
            part.left -= 1
            last = not part.left
        if last and len(part.room) == ROOM_BYTES:
            self.free.put(part.room)

    def _put(self, view: memoryview, place: int) -> None:
        while view:
            done = self._put_past(view, place) or os.pwrite(self._fd, view, place)
            place += done
            view = view[done:]

    def _put_past(self, view: memoryview, place: int) -> int:
        """How much went past the page cache: nothing of what is no whole block, as a file's end."""
        if self._past < 0 or len(view) % PAGE_BYTES or place % PAGE_BYTES:
            return 0
        try:
            return os.pwrite(self._past, view, place)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            self._past = -1  # this file system opens so and writes otherwise
            return 0
