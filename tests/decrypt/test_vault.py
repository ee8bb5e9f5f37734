"""Locked memory for secrets."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from procwire.decrypt.vault import ARENA_BYTES, SLOT_BYTES, Vault, VaultError


def test_what_is_kept_is_wiped_and_given_back() -> None:
    vault = Vault()
    secret = os.urandom(48)
    copy = bytes(bytearray(secret))
    kept = vault.keep(secret)
    assert bytes(kept.view) == copy
    assert secret == bytes(48)
    assert (len(kept), vault.held) == (48, 1)
    place = kept.view
    kept.wipe()
    kept.wipe()
    assert bytes(place) == bytes(48)
    assert vault.held == 0


def test_a_secret_that_is_let_go_is_wiped() -> None:
    vault = Vault()
    kept = vault.keep(os.urandom(32))
    place = kept.view
    del kept
    assert bytes(place) == bytes(32)
    assert vault.held == 0


def test_bounds() -> None:
    vault = Vault(arenas=1)
    kept = [vault.slot(SLOT_BYTES) for _ in range(ARENA_BYTES // SLOT_BYTES)]
    with pytest.raises(VaultError, match="no more are kept"):
        vault.slot(1)
    kept.pop().wipe()
    assert len(vault.slot(1)) == 1
    with pytest.raises(VaultError, match="65 bytes"):
        Vault().slot(SLOT_BYTES + 1)


def test_the_kernel_locks_it_and_leaves_it_out_of_dumps() -> None:
    vault = Vault()
    kept = vault.keep(bytearray(b"\xa5" * 64))
    flags = ""
    for block in re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text()):
        start, end = (int(word, 16) for word in block.split(" ", 1)[0].split("-"))
        if start <= _address(kept.view) < end:
            flags = block.rsplit("VmFlags:", 1)[1]
    assert "dd" in flags.split()
    assert ("lo" in flags.split()) == vault.locked


def _address(view: memoryview) -> int:
    import ctypes

    return ctypes.addressof(ctypes.c_char.from_buffer(view))
