"""Proofs that can be handed on: of one record (c2sp.org/tlog-proof), and that an old state is a beginning.

A proof of a record is a text: a line that names the format, the record in base64 (``extra``), its index, the
audit path, an empty line, and the checkpoint it leads to. To check it takes the ledger's key, nothing else.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from procwire.ledger import note as notes
from procwire.ledger.book import Book
from procwire.ledger.chain import Record, read
from procwire.ledger.note import Checkpoint, Note, Verifier
from procwire.ledger.plain import ed25519
from procwire.ledger.tree import HASHES, LEAF, LedgerError, shows_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PATH = 63


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof shows: the record, and the checkpoint that covers it."""

    record: Record
    checkpoint: Checkpoint


def prove(book: Book, n: int) -> str:
    """The proof of a record under the first checkpoint that covers it. Raises LedgerError."""
    line = book.line(n)
    for note in book.checkpoints():
        size = notes.checkpoint(note.text).size
        if size > n:
            path = "".join(f"{text}\n" for text in packed(book.tree.inclusion(n, size)))
            extra = base64.b64encode(line).decode()
            return f"{HEADER}\nextra {extra}\nindex {n}\n{path}\n{note}"
    raise LedgerError(f"no checkpoint covers record {n} yet: make one")


def check(text: str, keys: Sequence[Verifier]) -> Proven:
    """What a proof shows under the ledger's keys, one for each epoch. Raises LedgerError with the reason."""
    head, _, signed = text.partition("\n\n")
    lines = head.split("\n")
    if len(lines) < 3 or lines[0] != HEADER or len(lines) > 3 + MAX_PATH:
        raise LedgerError(f"no proof: {HEADER} is missing")
    line = notes.unpacked(_after("extra ", lines[1]), "a record")
    index = _after("index ", lines[2])
    if not index.isdecimal() or len(index) > 18:
        raise LedgerError("no proof: its index is no number")
    note = notes.parse(signed.encode())
    found = notes.checkpoint(note.text)
    if not signed_by(note, keys):
        raise LedgerError("its checkpoint is signed by none of the keys that were given")
    hashed = HASHES[found.extensions.get("hash", "sha256")]
    leaf = (int(index), hashed(LEAF + line))
    if not shows_inclusion(leaf, found.size, unpacked(lines[3:]), found.root, hashed):
        raise LedgerError(f"it does not lead from record {index} to the root of its checkpoint")
    record = read(line)
    if record.n != int(index):
        raise LedgerError(f"record {record.n} was put in place {index}")
    return Proven(record, found)


def signed_by(note: Note, keys: Sequence[Verifier]) -> bool:
    """Whether one of the keys signed a note."""
    return any(ed25519(key.key, note.text.encode(), data) for key in keys for data in note.of(key))


def packed(digests: Iterable[bytes]) -> list[str]:
    """Hashes as lines of base64."""
    return [base64.b64encode(digest).decode() for digest in digests]


def unpacked(lines: Iterable[str]) -> list[bytes]:
    """Lines of base64 as hashes. Raises LedgerError."""
    found = [notes.unpacked(line, "a hash") for line in lines]
    if any(len(digest) != 32 for digest in found):
        raise LedgerError("a hash that has not 32 bytes")
    return found


def _after(name: str, line: str) -> str:
    if not line.startswith(name):
        raise LedgerError(f"no proof: a line {name.strip()!r} is missing")
    return line[len(name) :]
