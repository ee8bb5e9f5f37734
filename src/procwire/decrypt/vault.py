"""Memory for secrets: locked, left out of core dumps, kept from children, wiped when given back.

A secret is at most SLOT_BYTES long. Slots are cut from arenas of one page each, which are asked of the
kernel when they are needed, up to MAX_ARENAS. Where the kernel refuses to lock a page (RLIMIT_MEMLOCK),
``locked`` is False and the vault works all the same: who asks can say so.
"""

from __future__ import annotations

import ctypes
import mmap

from procwire.decrypt.wiping import wipe

SLOT_BYTES = 64  # an SHA-512 output; a TLS master secret has 48
ARENA_BYTES = mmap.PAGESIZE
MAX_ARENAS = 4096  # 16 MiB: 262,144 secrets
MADV_DONTDUMP = 16  # include/uapi/asm-generic/mman-common.h, Linux 3.4
MADV_WIPEONFORK = 18  # Linux 4.14


class VaultError(Exception):
    """No room for another secret, or it is too long."""


class Secret:
    """One secret in its slot; ``view`` is writable and exactly as long as the secret."""

    __slots__ = ("_slot", "_vault", "view")

    def __init__(self, vault: Vault, slot: tuple[int, int], view: memoryview) -> None:
        self._vault = vault
        self._slot = slot
        self.view = view

    def __len__(self) -> int:
        return len(self.view)

    def wipe(self) -> None:
        """Overwrite it and give the slot back. Again is harmless."""
        if self.view.nbytes:
            wipe(self.view)
            self.view = self.view[:0]
            self._vault.take_back(self._slot)

    def __del__(self) -> None:
        self.wipe()


class Vault:
    """Slots for secrets. Raises VaultError from ``slot`` when it is full."""

    def __init__(self, *, arenas: int = MAX_ARENAS) -> None:
        self._limit = arenas
        self._arenas: list[mmap.mmap] = []
        self._free: list[tuple[int, int]] = []
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.locked = True
        self.held = 0

    def slot(self, size: int) -> Secret:
        """An empty secret of ``size`` bytes, to be filled through its view."""
        if not 0 < size <= SLOT_BYTES:
            raise VaultError(f"a secret of {size} bytes, at most {SLOT_BYTES} are kept")
        if not self._free:
            self._grow()
        place = self._free.pop()
        self.held += 1
        arena, at = place
        return Secret(self, place, memoryview(self._arenas[arena])[at : at + size])

    def keep(self, secret: bytes | bytearray) -> Secret:
        """A copy in a slot; the original is wiped."""
        kept = self.slot(len(secret))
        kept.view[:] = secret
        wipe(secret)
        return kept

    def take_back(self, slot: tuple[int, int]) -> None:
        """For Secret.wipe."""
        self.held -= 1
        self._free.append(slot)

    def _grow(self) -> None:
        if len(self._arenas) >= self._limit:
            raise VaultError(f"{self.held} secrets are held, no more are kept")
        arena = mmap.mmap(-1, ARENA_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        arena.madvise(MADV_DONTDUMP)
        arena.madvise(MADV_WIPEONFORK)
        place = ctypes.addressof(ctypes.c_char.from_buffer(arena))
        if self._libc.mlock(ctypes.c_void_p(place), ctypes.c_size_t(ARENA_BYTES)) != 0:
            self.locked = False
        self._arenas.append(arena)
        number = len(self._arenas) - 1
        self._free += [(number, at) for at in range(0, ARENA_BYTES, SLOT_BYTES)]
