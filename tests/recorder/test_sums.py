"""Sums over a batch are those of its rows, and the compiled ones those of the same file uncompiled."""

from __future__ import annotations

import importlib.util
from array import array
from pathlib import Path
from types import ModuleType

import pytest

from procwire.model.frames import batch_of
from procwire.model.packets import PacketTable
from procwire.recorder import sums

SOURCE = Path(__file__).parents[2] / "src" / "procwire" / "recorder" / "sums.py"


def uncompiled() -> ModuleType:
    spec = importlib.util.spec_from_file_location("uncompiled_sums", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["as it is", "uncompiled"])
def summing(request: pytest.FixtureRequest) -> ModuleType:
    return sums if request.param == "as it is" else uncompiled()


def test_bytes_on_the_wire(summing: ModuleType) -> None:
    batch = batch_of([b"one", b"four", b""])
    batch.wire[1] = 9000  # more than was kept
    assert summing.wire_bytes(batch) == 3 + 9000


def test_packets_of_no_flow(summing: ModuleType) -> None:
    table = PacketTable(8)
    for row, number in enumerate((1, -1, 0, 7, 0)):
        table.flow[row] = number
    assert summing.unfollowed(table, 5) == 2
    assert summing.unfollowed(table, 2) == 0
    with pytest.raises(IndexError):
        summing.unfollowed(table, 9)


def test_the_highest_number_of_either_side(summing: ModuleType) -> None:
    assert summing.highest(array("q", [3, -8, 0, 5])) == 8
    assert summing.highest(array("q")) == 0
