"""Owners: who, how sure, and why not."""

from __future__ import annotations

import msgspec
import pytest

from procwire.model.process import EXACT, NOT_LOOKED, UNKNOWN, Owner, ProcessRef


def test_not_looked_up_is_unknown_with_a_reason() -> None:
    assert NOT_LOOKED.process is None
    assert NOT_LOOKED.confidence == UNKNOWN
    assert NOT_LOOKED.reason


def test_processes_are_values() -> None:
    one = ProcessRef(pid=1, start=2, name="init")
    assert one == ProcessRef(pid=1, start=2, name="init")
    assert one != ProcessRef(pid=1, start=3, name="init")
    with pytest.raises(AttributeError):
        one.pid = 2  # type: ignore[misc]
    owner = Owner(process=one, confidence=EXACT)
    assert msgspec.convert(msgspec.to_builtins(owner), Owner) == owner
