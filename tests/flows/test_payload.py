"""Payload is cut from any buffer, and never from outside it."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.model.packets import PacketTable
from tests.flows.script import START, Stage, packet, table_of


def one(**given: Any) -> PacketTable:
    return table_of([packet(proto=17, dport=53, data=b"payload", **given)])


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer(kind: Any) -> None:
    table, stage = one(), Stage()
    table.buffer = kind(bytes(table.buffer))
    stage.tracker.ingest(table, now=START)
    assert stage.reader.text() == b"payload"
    if kind is bytearray:
        table.buffer.clear()  # the tracker has let go of it


@pytest.mark.parametrize("start", [1, -1, 1 << 62, -(1 << 62)])
def test_a_row_that_points_outside_gives_nothing(start: int) -> None:
    table, stage = one(), Stage()
    table.payload[0] = start
    stage.tracker.ingest(table, now=START)
    assert stage.reader.seen == []
    assert stage.opened == []
    assert stage.tracker.counts.sink_errors == 0
