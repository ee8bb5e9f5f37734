from __future__ import annotations

import ctypes
import stat
from pathlib import Path

import pytest

from procwire.ledger import keys
from procwire.ledger.keys import EpochKey
from procwire.ledger.plain import ed25519
from procwire.ledger.tree import LedgerError

SEED = bytes(range(32))


def test_what_it_signs_is_checked_with_its_verifier() -> None:
    key = EpochKey("procwire/test", SEED)
    assert ed25519(key.verifier.key, b"words", key.sign(b"words"))


def test_keys_move_on_and_are_the_same_again() -> None:
    first = EpochKey("procwire/test", SEED)
    second, third = first.following(), first.following().following()
    assert [key.epoch for key in (first, second, third)] == [0, 1, 2]
    assert len({key.public for key in (first, second, third)}) == 3
    assert EpochKey("procwire/test", SEED).following().public == second.public


def test_the_file_is_for_its_owner_and_the_old_seed_is_not_in_it(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = EpochKey("procwire/test", SEED)
    key.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.load(path).public == key.public
    with path.open("rb") as held:  # the very file that held the first seed
        key.following().save(path)
        assert set(held.read()) == {0}
    assert SEED.hex() not in path.read_text()
    assert keys.load(path).epoch == 1


def test_a_wiped_key_signs_no_more() -> None:
    key = EpochKey("procwire/test", SEED)
    key.wipe()
    with pytest.raises(LedgerError, match="wiped"):
        key.sign(b"words")
    assert SEED not in bytes(key._page)


def test_the_seed_is_in_memory_that_is_locked_not_dumped_and_not_inherited() -> None:
    key = EpochKey("procwire/test", SEED)
    held = ctypes.c_char.from_buffer(key._page)
    start = ctypes.addressof(held)
    flags: list[str] = []
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first = line.split()[0]
        if "-" in first and not first.endswith(":"):
            low, _, high = first.partition("-")
            inside = int(low, 16) <= start < int(high, 16)
        elif inside and first == "VmFlags:":
            flags = line.split()[1:]
    del held
    assert key.locked
    assert {"lo", "dd", "wf"} <= set(flags)  # locked, out of core files, wiped in a child


def test_what_is_no_key_is_said(tmp_path: Path) -> None:
    for number, text in enumerate(["", "{}", '{"name":"a","epoch":0,"seed":"00"}', '{"name":1}']):
        path = tmp_path / str(number)
        path.write_text(text)
        with pytest.raises(LedgerError):
            keys.load(path)
    with pytest.raises(LedgerError, match="No such file"):
        keys.load(tmp_path / "none")
