"""A ledger in a directory: what appends to it, signs it, and finds a record again.

``records.jsonl`` and ``checkpoints`` are the ledger; ``index`` and ``nodes.*`` are made from the records, and
made again where they do not go with them. ``key.pub`` is the key of the first epoch, ``key`` the present one.
A record counts as kept once ``sync`` has returned; a crash loses at most what was appended since. What was
half written then is cut off when the ledger is opened, and a record says how much.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from procwire.disk.lasting import settle
from procwire.ledger import note as notes
from procwire.ledger.chain import EPOCH, FORMAT, HEAD, OPENED, RECOVERED, Chain, Receipt, Record, read
from procwire.ledger.files import Growing, Levels
from procwire.ledger.keys import EpochKey, load
from procwire.ledger.note import Checkpoint, Note
from procwire.ledger.tree import HASHES, LedgerError, Tree, blake3
from procwire.model.values import time_text

RECORDS, CHECKPOINTS, INDEX, KEY, PUBLIC = "records.jsonl", "checkpoints", "index", "key", "key.pub"
OFFSET = struct.Struct("<Q")
MAX_WAITING_BYTES = 8_388_608  # of records that could not be written yet; beyond it an append is refused
BLOCK_BYTES = 1_048_576


class BusyError(LedgerError):
    """Another process appends to it."""


class Book:
    """The one writer of a ledger. Raises LedgerError where it is none, is spoiled, or has a writer."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._file = _held(directory / RECORDS)
        self._key = load(directory / KEY)
        self._waiting = bytearray()
        self._index = Growing(directory / INDEX, OFFSET.size)
        self._nodes = Levels(directory)
        try:
            self._begin(directory)
        except BaseException:
            self._let_go()
            raise

    def _begin(self, directory: Path) -> None:
        self.written, self.cut_bytes = _ended(self._file)
        first = read(self._line(0, self.written)) if self.written else None
        self.hash = "sha256" if first is None else str(first.body.get("hash"))
        if self.hash not in HASHES:
            raise LedgerError(f"{directory}: another hash than this version knows: {self.hash}")
        _whole_notes(directory / CHECKPOINTS)
        self._restore(min(len(self._index), self._nodes.whole()))
        if not self._covered():  # what is made from the records may be spoiled, and is made again
            self._restore(0)
            if not self._covered():
                raise LedgerError(f"{directory}: does not go with its last checkpoint: verify the ledger")
        self._settle()

    @property
    def size(self) -> int:
        """Records, with those that wait."""
        return self._chain.n

    def append(self, kind: str, body: dict[str, Any], *, now: int) -> Receipt:
        """One more record at ``now`` (ns). It is kept once ``sync`` has returned. Raises LedgerError."""
        if len(self._waiting) >= MAX_WAITING_BYTES:
            self.flush()
        made = self._chain.append(kind, body, now=now)
        self._waiting += made.line
        self._waiting += b"\n"
        self._note(made.line, self.written + len(self._waiting))
        if len(self._waiting) >= BLOCK_BYTES:
            self.flush()
        return made

    def flush(self) -> None:
        """Hand what waits to the kernel. Raises LedgerError; what was not written waits on."""
        try:
            while self._waiting:
                done = os.pwrite(self._file, self._waiting, self.written)
                self.written += done
                del self._waiting[:done]
        except OSError as error:
            raise LedgerError(f"{self.directory / RECORDS}: {error.strerror}") from None

    def sync(self) -> None:
        """Return once every record that was appended is on the disk. Raises LedgerError."""
        self.flush()
        try:
            os.fdatasync(self._file)
        except OSError as error:
            raise LedgerError(f"{self.directory / RECORDS}: {error.strerror}") from None

    def checkpoint(self, *, now: int) -> Note:
        """Sign what the ledger is, and keep that. Raises LedgerError."""
        self.sync()
        made = Checkpoint(
            self._key.name,
            self.size,
            self._tree.root(),
            {
                "hash": self.hash,
                "format": FORMAT,
                "epoch": str(self._key.epoch),
                "chain": self._chain.digest.hex(),
                "time": time_text(now),
            },
        )
        note = notes.signed(made.text, self._key.name, self._key.public, self._key.sign)
        _add(self.directory / CHECKPOINTS, f"{note}\n".encode())
        return note

    def advance(self, *, now: int) -> Note:
        """Begin the next epoch: the last word of the old key is who comes next. Raises LedgerError."""
        following = self._key.following()
        body = {"epoch": following.epoch, "key": str(following.verifier)}
        self.append(EPOCH, body, now=now)
        note = self.checkpoint(now=now)
        self._take(following)
        return note

    def checkpoints(self) -> list[Note]:
        """Every checkpoint, the oldest first."""
        return kept(self.directory)

    def line(self, n: int) -> bytes:
        """The bytes of a record. Raises LedgerError."""
        self.flush()
        return self._line(self._end(n - 1) if n else 0, self._end(n))

    @property
    def tree(self) -> Tree:
        """For proofs."""
        return self._tree

    def close(self) -> None:
        """Sync and let go; the key is wiped."""
        try:
            self.sync()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self._index.close()
        self._nodes.close()
        self._key.wipe()
        os.close(self._file)

    def _line(self, start: int, end: int) -> bytes:
        """The line that begins at ``start``, up to ``end`` or its own end."""
        return os.pread(self._file, end - start, start).partition(b"\n")[0]

    def _note(self, line: bytes, end: int) -> None:
        self._tree.add(line)
        self._index.add(OFFSET.pack(end))

    def _restore(self, size: int) -> None:
        """Bring index, nodes and chain to where the records are; the first ``size`` are believed."""
        while size and self._end(size - 1) > self.written:
            size -= 1
        start = self._end(size - 1) if size else 0
        last = self._line(self._end(size - 2) if size > 1 else 0, start) if size else b""
        if size and (HEAD.match(last) is None or read(last).n != size - 1):
            size = start = 0
        self._index.cut(size)
        self._nodes.cut(size)
        self._tree = Tree(self._nodes, HASHES[self.hash], size)
        self._chain = Chain(size, blake3(last) if size else bytes(32))
        for line, end in _lines(self._file, start, self.written):
            record = read(line)
            if (record.n, record.prev) != (self._chain.n, self._chain.digest.hex()):
                raise LedgerError(
                    f"{self.directory}: record {self._chain.n} does not follow: verify the ledger"
                )
            self._chain = Chain(record.n + 1, blake3(line))
            self._note(line, end)

    def _end(self, n: int) -> int:
        """Where a record ends, by the index."""
        return int(OFFSET.unpack(self._index.get(n))[0])

    def _last(self) -> Checkpoint | None:
        signed = kept(self.directory)
        return notes.checkpoint(signed[-1].text) if signed else None

    def _covered(self) -> bool:
        """Whether the last checkpoint goes with the records."""
        last = self._last()
        return last is None or (last.size <= self.size and self._tree.root(last.size) == last.root)

    def _settle(self) -> None:
        """End an epoch that was ending when the writer died."""
        size = last.size if (last := self._last()) else 0
        for n in range(max(0, size - 1), self.size):
            self._end_epoch(read(self.line(n)), signed=n < size)

    def _end_epoch(self, record: Record, *, signed: bool) -> None:
        if record.kind != EPOCH or record.body.get("epoch") != self._key.epoch + 1:
            return
        if not signed:  # by the key that ends
            self.checkpoint(now=_time(record))
        self._take(self._key.following())

    def _take(self, following: EpochKey) -> None:
        following.save(self.directory / KEY)
        self._key.wipe()
        self._key = following


def create(directory: Path, name: str, *, hashed: str, now: int) -> Book:
    """A new ledger. Raises LedgerError where there is one, or the name is none for a key."""
    if not notes.NAME.fullmatch(name):
        raise LedgerError(f"a ledger's name has no spaces and no plus: {name!r}")
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (directory / RECORDS).exists():
            raise LedgerError(f"{directory}: there is a ledger")
        key = EpochKey(name, os.urandom(32))
        key.save(directory / KEY)
        _add(directory / PUBLIC, f"{key.verifier}\n".encode())
        os.close(os.open(directory / RECORDS, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        settle(directory)
    except OSError as error:
        raise LedgerError(f"{error.filename or directory}: {error.strerror}") from None
    book = Book(directory)
    book.hash = hashed
    book._tree = Tree(book._nodes, HASHES[hashed])
    body = {"format": FORMAT, "hash": hashed, "origin": name, "key": str(key.verifier)}
    book.append(OPENED, body, now=now)
    book.checkpoint(now=now)
    return book


def opened(directory: Path, *, now: int) -> Book:
    """Go on with a ledger; a record says what a crash left half written. Raises LedgerError."""
    book = Book(directory)
    if book.cut_bytes:
        book.append(RECOVERED, {"cut_bytes": book.cut_bytes}, now=now)
        book.sync()
    return book


def kept(directory: Path) -> list[Note]:
    """The checkpoints of a ledger, the oldest first. One that a crash left half written is left out."""
    try:
        data = (directory / CHECKPOINTS).read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise LedgerError(f"{directory / CHECKPOINTS}: {error.strerror}") from None
    return [notes.parse(one) for one in notes.several(data[: data.rfind(b"\n\n") + 2])]


def _whole_notes(path: Path) -> None:
    """Cut off a checkpoint that a crash left half written: it was not given to anybody."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    os.truncate(path, data.rfind(b"\n\n") + 2)


def _time(record: Record) -> int:
    from datetime import datetime

    whole, _, fraction = record.time[:-1].partition(".")
    return int(datetime.fromisoformat(f"{whole}+00:00").timestamp()) * 10**9 + int(fraction)


def _held(path: Path) -> int:
    """The records, open for this writer alone."""
    try:
        held = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}") from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise BusyError(f"{path}: another process appends to it") from None
    return held


def _ended(held: int) -> tuple[int, int]:
    """Where the last whole record ends, and how many bytes behind it were cut off."""
    size = end = os.fstat(held).st_size
    while end:
        start = max(0, end - BLOCK_BYTES)
        found = os.pread(held, end - start, start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end < size:
        os.ftruncate(held, end)
        os.fsync(held)
    return end, size - end


def _lines(held: int, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    """(line, where it ends) of a part of the records that ends with a line."""
    rest = b""
    while start < end:
        block = os.pread(held, min(BLOCK_BYTES, end - start), start)
        at = start - len(rest)
        start += len(block)
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            at += len(line) + 1
            yield line, at


def _add(path: Path, data: bytes) -> None:
    """Append to a small file, and return once that is on the disk. Raises LedgerError."""
    try:
        held = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            size = os.fstat(held).st_size
            if os.write(held, data) < len(data):
                os.ftruncate(held, size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(held)
        finally:
            os.close(held)
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}") from None
