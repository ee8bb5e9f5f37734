"""Bulk ciphers: what authenticates is opened, and nothing else."""

from __future__ import annotations

import os

import pytest

from procwire.decrypt.ciphers import Agreed, Modern, legacy_pair
from procwire.decrypt.suites import suite_of
from procwire.decrypt.vault import Vault
from tests.decrypt.dialogue import Sealer


@pytest.mark.parametrize("number", [0x1301, 0x1302, 0x1303, 0x1304, 0x1305])
def test_tls13_records(number: int) -> None:
    secret = os.urandom(48 if number == 0x1302 else 32)
    suite = suite_of(number)
    assert suite is not None
    sealer, cipher = Sealer(number, secret), Modern(suite, secret, Vault())
    for at, padding in enumerate((0, 1, 300)):
        record = sealer.seal(23, b"said", padding)
        assert cipher.open(at, record[:5], record[5:]) == (23, b"said")
        assert cipher.open(at + 1, record[:5], record[5:]) is None
    record = sealer.seal(0, b"", 20)
    assert cipher.open(3, record[:5], record[5:]) is None  # zeros alone have no content type


SUITES = [0xC02F, 0xC030, 0xCCA8, 0xC0AE, 0x002F, 0xC028, 0x000A, 0x0005, 0x003B]


@pytest.mark.parametrize("number", SUITES)
@pytest.mark.parametrize("version", [0x0301, 0x0302, 0x0303])
def test_garbage_does_not_open(number: int, version: int) -> None:
    suite = suite_of(number)
    assert suite is not None
    vault = Vault()
    how = Agreed(vault=vault, mac_after=number == 0xC028)
    for cipher in legacy_pair(suite, version, os.urandom(48), (os.urandom(32), os.urandom(32)), how):
        for size in (0, 1, 7, 16, 24, 31, 32, 48, 100, 160):
            assert cipher.open(0, b"\x17\x03\x03\x00\x00", os.urandom(size)) is None
    del cipher
    assert vault.held == 0
