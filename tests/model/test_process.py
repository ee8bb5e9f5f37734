"""Owners: who, how sure, and why not."""

from __future__ import annotations

import msgspec
import pytest

from procwire.model.process import (
    EXACT,
    NOT_LOOKED,
    UNKNOWN,
    Glimpse,
    Owner,
    ProcessRef,
    is_answered,
)


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


def test_a_glimpse_is_an_owner_and_no_answer_in_full() -> None:
    one = ProcessRef(pid=1, start=2, name="init")
    glimpse = Glimpse(process=one, confidence=EXACT)
    assert isinstance(glimpse, Owner)
    assert [is_answered(each) for each in (glimpse, NOT_LOOKED, None)] == [False, True, False]
