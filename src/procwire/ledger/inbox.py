"""Records of commands, for a ledger that another process may be appending to.

A ledger has one writer. A command that finds it at work lays its record into ``inbox`` beside the records, as
a file that comes whole or not at all; the writer takes it in, within a second, and removes it once it is on
the disk. A crash between the two makes the record come twice, which its ``entry`` shows.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from procwire.ledger.book import Book, BusyError, opened
from procwire.ledger.tree import LedgerError
from procwire.model.values import time_text

INBOX = "inbox"
KINDS = frozenset({"command", "configuration", "rule", "exported", "shaped", "note"})
MAX_ENTRY_BYTES = 16_384
MAX_WAITING = 10_000  # entries; a command that finds more is refused
AT_ONCE = 200  # taken in together


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """What a command lays down."""

    kind: str
    time: str
    body: dict[str, Any]


def tell(directory: Path, kind: str, body: dict[str, Any], *, now: int) -> None:
    """Append a record, or have the writer do so; on the disk when this returns. Raises LedgerError."""
    if kind not in KINDS:
        raise LedgerError(f"no kind of a command's record: {kind!r}")
    try:
        book = opened(directory, now=now)
    except BusyError:
        _lay(directory, Entry(kind, time_text(now), body), now)
        return
    try:
        take_in(book, now=now)
        book.append(kind, body, now=now)
        book.checkpoint(now=now)
    finally:
        book.close()


def take_in(book: Book, *, now: int) -> int:
    """Append what waits, at most AT_ONCE; how much that was. Raises LedgerError, and it waits on."""
    taken = []
    for path, data in _waiting(book.directory):
        entry = _read(data)
        if entry is not None:
            body = {**entry.body, "asked": entry.time, "entry": path.stem}
            book.append(entry.kind, body, now=now)
        else:
            book.append(
                "note", {"text": "an entry that made no sense was dropped", "entry": path.stem}, now=now
            )
        taken.append(path)
    if taken:
        book.sync()
        for path in taken:
            with contextlib.suppress(OSError):
                path.unlink()
    return len(taken)


def count(directory: Path) -> int:
    """Entries that wait."""
    try:
        return sum(path.suffix == ".json" for path in (directory / INBOX).iterdir())
    except OSError:
        return 0


def _lay(directory: Path, entry: Entry, now: int) -> None:
    data = msgspec.json.encode(entry)
    if len(data) > MAX_ENTRY_BYTES:
        raise LedgerError(
            f"a record of {len(data)} bytes, at most {MAX_ENTRY_BYTES} are taken from a command"
        )
    if count(directory) >= MAX_WAITING:
        raise LedgerError(f"{directory / INBOX}: {MAX_WAITING} entries wait: nobody takes them in")
    box = directory / INBOX
    name = f"{now:020}-{os.getpid()}-{secrets.token_hex(4)}"
    aside = box / f"{name}.new"
    try:
        box.mkdir(mode=0o700, exist_ok=True)
        held = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            if os.write(held, data) < len(data):
                raise LedgerError(f"{aside}: not all of it could be written")
            os.fsync(held)
        finally:
            os.close(held)
        aside.replace(box / f"{name}.json")
    except OSError as error:
        raise LedgerError(f"{aside}: {error.strerror}") from None


def _waiting(directory: Path) -> Iterator[tuple[Path, bytes]]:
    try:
        paths = sorted(path for path in (directory / INBOX).iterdir() if path.suffix == ".json")
    except OSError:
        return
    for path in paths[:AT_ONCE]:
        try:
            held = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            yield path, os.read(held, MAX_ENTRY_BYTES + 1)
        except OSError:
            continue
        finally:
            os.close(held)


def _read(data: bytes) -> Entry | None:
    try:
        entry = msgspec.json.decode(data, type=Entry)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return entry if entry.kind in KINDS and len(data) <= MAX_ENTRY_BYTES else None
