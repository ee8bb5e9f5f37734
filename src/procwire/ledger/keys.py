"""The key a ledger is signed with: one for each epoch, made from a seed that moves on and cannot go back.

The seed of the next epoch is a hash of the present one, and that is overwritten then: who takes the key today
can sign for today, not for yesterday. The seed is kept in memory that is locked and left out of core
dumps; while it signs, OpenSSL holds a copy until the key object goes. On disk it is a file of mode 0600 that
is overwritten when it is replaced; a crash just then, or a file system that copies on write, leaves the old.
"""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from procwire.disk.lasting import settle
from procwire.ledger.note import Verifier
from procwire.ledger.tree import LedgerError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as _Private

SEED_BYTES = 32
MADV_DONTDUMP, MADV_WIPEONFORK = 16, 18  # include/uapi/asm-generic/mman-common.h; Linux 3.4 and 4.14


class _Kept(msgspec.Struct):
    """The key file."""

    name: str
    epoch: int
    seed: str


class EpochKey:
    """The signing key of the present epoch. Raises LedgerError where the file is no key."""

    def __init__(self, name: str, seed: bytes | bytearray, epoch: int = 0) -> None:
        if len(seed) != SEED_BYTES:
            raise LedgerError(f"a seed of {len(seed)} bytes")
        self.name = name
        self.epoch = epoch
        self._page = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._page.madvise(MADV_DONTDUMP)
        self._page.madvise(MADV_WIPEONFORK)
        self.locked = _lock(self._page)
        self._page[:SEED_BYTES] = bytes(seed)
        self.public = self._key().public_key().public_bytes_raw()

    @property
    def verifier(self) -> Verifier:
        """What its signatures are checked with."""
        return Verifier(self.name, self.public)

    def sign(self, data: bytes) -> bytes:
        """Ed25519 (RFC 8032), 64 bytes."""
        return self._key().sign(data)

    def following(self) -> EpochKey:
        """The key of the next epoch. This one goes on until ``wipe``."""
        return EpochKey(self.name, _derived(b"next", self._page[:SEED_BYTES]), self.epoch + 1)

    def save(self, path: Path) -> None:
        """Keep it in a file of mode 0600; what it held before is overwritten once this is on the disk."""
        kept = msgspec.json.encode(_Kept(self.name, self.epoch, self._page[:SEED_BYTES].hex()))
        fresh = path.with_name(f"{path.name}.new")
        _written(fresh, kept)
        old = os.open(path, os.O_WRONLY | os.O_NOFOLLOW) if path.exists() else None
        fresh.replace(path)
        settle(path.parent)
        if old is not None:
            os.write(old, bytes(os.fstat(old).st_size))
            os.fsync(old)
            os.close(old)

    def wipe(self) -> None:
        """Forget the seed. The key signs no more."""
        self._page[:] = bytes(mmap.PAGESIZE)
        self.epoch = -1

    def _key(self) -> _Private:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if self.epoch < 0:
            raise LedgerError("the key was wiped")
        return Ed25519PrivateKey.from_private_bytes(_derived(b"sign", self._page[:SEED_BYTES]))


def load(path: Path) -> EpochKey:
    """The key that a file keeps. Raises LedgerError."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
        return EpochKey(kept.name, bytes.fromhex(kept.seed), kept.epoch)
    except OSError as error:
        raise LedgerError(f"{path}: {error.strerror}") from None
    except (msgspec.MsgspecError, ValueError):
        raise LedgerError(f"{path}: no key of a ledger") from None


def _written(path: Path, data: bytes) -> None:
    held = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(held, data)
        os.fsync(held)
    finally:
        os.close(held)


def _derived(use: bytes, seed: bytes) -> bytes:
    """A one-way step from a seed (SHA-256 of a label and the seed)."""
    return hashlib.sha256(b"procwire ledger " + use + b"\0" + seed).digest()


def _lock(page: mmap.mmap) -> bool:
    """Keep a page out of swap; False where RLIMIT_MEMLOCK does not allow it."""
    libc = ctypes.CDLL(None, use_errno=True)
    place = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return int(libc.mlock(ctypes.c_void_p(place), ctypes.c_size_t(mmap.PAGESIZE))) == 0
