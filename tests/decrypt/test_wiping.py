"""Secrets are overwritten where they stand."""

from __future__ import annotations

import os

import pytest

from procwire.decrypt.wiping import wipe


@pytest.mark.parametrize("size", [2, 3, 32, 48, 1000])
def test_bytes_nobody_else_holds(size: int) -> None:
    secret = os.urandom(size)
    wipe(secret)
    assert secret == bytes(size)


def test_shared_bytes_are_left_alone() -> None:
    wipe(b"")
    wipe(b"a")
    assert bytes([97]) == b"a"


def test_buffers() -> None:
    secret = bytearray(b"secret")
    wipe(memoryview(secret)[1:3])
    assert secret == b"s\0\0ret"
    wipe(secret)
    assert secret == bytes(6)
