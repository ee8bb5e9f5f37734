"""Bundles as files: written with a key, read against the keys that are trusted."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from procwire.bundles import manifest as contents
from procwire.bundles.manifest import Entry, Manifest
from procwire.bundles.reason import BundleError
from procwire.ledger import note as notes
from procwire.ledger.keys import EpochKey
from procwire.ledger.note import ED25519, MAX_NOTE_BYTES, Verifier
from procwire.ledger.tree import LedgerError

_LENGTH = struct.Struct(">Q")
CHUNK = 1 << 20
MAX_KEYS = 100


def write(path: Path, made: Manifest, files: Mapping[str, bytes], key: EpochKey) -> None:
    """A new file; there must be none. Raises BundleError."""
    data = contents.packed(made)
    note = str(notes.signed(contents.statement(data), key.name, key.public, key.sign)).encode()
    try:
        with path.open("xb") as file:
            file.write(_LENGTH.pack(len(note)) + note + data)
            for entry in made.files:
                file.write(files[entry.path])
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}") from None


def trusted(folder: Path) -> list[Verifier]:
    """The keys of a directory: ``*.pub``, one key a file. Raises BundleError for one that is none."""
    try:
        paths = sorted(folder.glob("*.pub"))[:MAX_KEYS]
        return [notes.verifier(path.read_text(encoding="utf-8")) for path in paths]
    except (OSError, UnicodeDecodeError, LedgerError) as error:
        raise BundleError(f"{folder}: {error}") from None


class Bundle:
    """An open bundle whose manifest is read; ``signers``: the trusted keys that signed it,
    ``digest``: the SHA-256 of its manifest, which stands for all of it.

    Raises BundleError. ``files`` gives the bytes of each, checked; nothing that does not fit is given.
    """

    def __init__(self, path: Path, keys: Sequence[Verifier]) -> None:
        self.path = path
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise BundleError(f"{path}: {error.strerror or error}") from None
        try:
            self._read(keys)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _read(self, keys: Sequence[Verifier]) -> None:
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        if length > MAX_NOTE_BYTES:
            raise BundleError(f"{self.path}: no bundle")
        try:
            note = notes.parse(self._exactly(length))
        except LedgerError as error:
            raise BundleError(f"{self.path}: {error}") from None
        digest, size = contents.stated(note.text)
        data = self._exactly(size)
        if hashlib.sha256(data).hexdigest() != digest:
            raise BundleError(f"{self.path}: its manifest is not the one that was signed")
        self.digest = digest
        self.signers = [key for key in keys if key.kind == ED25519 and _good(note, key)]
        self.claims = tuple(signature.name for signature in note.signatures)
        self.manifest = contents.read(data)

    def files(self) -> Iterator[tuple[Entry, bytes]]:
        """Each with its bytes, once. Raises BundleError at the first that is not as it was signed."""
        for entry in self.manifest.files:
            data = self._exactly(entry.size)
            if hashlib.sha256(data).hexdigest() != entry.sha256:
                raise BundleError(f"{self.path}: {entry.path} is not the one that was signed")
            yield entry, data
        if self._file.read(1):
            raise BundleError(f"{self.path}: there is more in it than was signed")

    def _exactly(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:  # never more memory than there is file
            piece = self._file.read(min(CHUNK, size - len(found)))
            if not piece:
                raise BundleError(f"{self.path}: cut off, or no bundle")
            found += piece
        return bytes(found)


def _good(note: notes.Note, key: Verifier) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = Ed25519PublicKey.from_public_bytes(key.key)
    for data in note.of(key):
        try:
            public.verify(data, note.text.encode())
        except InvalidSignature:
            continue
        return True
    return False
