"""Cycles are looked for seldom while a file is read, and as ever afterwards."""

from __future__ import annotations

import gc

import pytest

from procwire.cli.collecting import ALLOCATIONS, seldom


def test_seldom_inside_and_as_ever_behind() -> None:
    usual = gc.get_threshold()
    with seldom():
        assert gc.get_threshold()[0] == ALLOCATIONS
        assert gc.get_freeze_count() > 0
        assert gc.isenabled()
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0


def test_an_error_leaves_nothing_behind() -> None:
    usual = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), seldom():
        raise ZeroDivisionError
    assert gc.get_threshold() == usual
