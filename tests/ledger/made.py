"""Ledgers for tests, and ways to spoil them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from procwire.ledger import book, verify
from procwire.ledger.note import Note

NOW = 1_767_323_045_000_000_006  # 2026-01-02T03:04:05.000000006Z
NAME = "procwire/test"


def ledger(directory: Path, *, records: int = 9, hashed: str = "sha256", epochs: int = 1) -> Path:
    """A ledger of ``records`` notes in each epoch, signed at its end."""
    held = book.create(directory, NAME, hashed=hashed, now=NOW)
    for epoch in range(epochs):
        for number in range(records):
            held.append("finding", {"epoch": epoch, "number": number}, now=NOW + number)
        if epoch < epochs - 1:
            held.advance(now=NOW + records)
    held.checkpoint(now=NOW + records)
    held.close()
    return directory


def lines(directory: Path) -> list[bytes]:
    """The records, each with its end."""
    return (directory / book.RECORDS).read_bytes().splitlines(keepends=True)


def rewrite(directory: Path, records: Iterable[bytes]) -> None:
    """Put other records into a ledger."""
    (directory / book.RECORDS).write_bytes(b"".join(records))


def notes(directory: Path, change: Callable[[list[Note]], list[Note]]) -> None:
    """Put other checkpoints into a ledger."""
    made = change(book.kept(directory))
    (directory / book.CHECKPOINTS).write_bytes("".join(f"{note}\n" for note in made).encode())


def bare(directory: Path) -> Path:
    """Only what a stranger is given: records, checkpoints, the first key."""
    for path in directory.iterdir():
        if path.name not in {book.RECORDS, book.CHECKPOINTS, book.PUBLIC}:
            path.unlink()
    return directory


def copied(directory: Path, name: str) -> Path:
    """Another copy to spoil."""
    to = directory.with_name(name)
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(directory, to)
    return to


def verdict(directory: Path, key: str | None = None, *against: bytes) -> tuple[str, int | None]:
    """(what is wrong, first bad record); ("whole", number of records) for a good ledger."""
    try:
        report = verify.Check(directory, key, against).run()
    except verify.Bad as bad:
        return bad.kind, bad.record
    return "torn" if report.torn_bytes else "whole", report.records
