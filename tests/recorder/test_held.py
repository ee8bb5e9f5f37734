"""Packets wait until their flow is known, leave in order, and only those of wanted flows."""

from __future__ import annotations

from array import array
from collections.abc import Callable

import pytest

from procwire.model.filter import compile_filter
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch, batch_of
from procwire.model.packets import PacketTable
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.model.rows import NO_CONTEXT
from procwire.model.tables import FLOWS
from procwire.recorder import held as room
from procwire.recorder.held import GRACE_NS, Held, copied

CURL = Owner(process=ProcessRef(pid=7, start=1, name="curl"), confidence=EXACT)


def flow(number: int) -> Flow:
    made = Flow()
    made.number = number
    return made


def table(*numbers: int) -> PacketTable:
    made = PacketTable(8)
    made.flow[: len(numbers)] = memoryview(array("q", numbers))
    return made


def held(settled: Callable[[Flow], bool]) -> Held:
    return Held(compile_filter("process == curl", FLOWS), NO_CONTEXT, settled)


def rows(found: list[tuple[FrameBatch, int, int]]) -> list[bytes]:
    return [batch.frame(row) for batch, start, until in found for row in range(start, until)]


def test_they_wait_for_the_owner_and_leave_in_order() -> None:
    kept = held(lambda each: each.owner is not None)
    mine, other = flow(1), flow(2)
    kept.opened(mine)
    kept.opened(other)
    kept.take(batch_of([b"a", b"b", b"c", b"d"]), table(1, 2, -1, 0))
    other.owner = Owner(process=None, confidence="unknown")
    kept.take(batch_of([b"e"]), table(2))
    assert list(kept.ready(0)) == []
    mine.owner = CURL
    kept.ended(mine)
    assert rows(list(kept.ready(0))) == [b"a", b"c"]
    assert (kept.left_out, kept.hurried) == (3, 0)
    assert 1 not in kept._flows


def test_time_and_room_decide_what_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = held(lambda _: False)
    kept.opened(flow(1))
    kept.take(batch_of([b"a"], start=5), table(1))
    assert list(kept.ready(5)) == []
    assert list(kept.ready(5 + GRACE_NS)) == []
    assert (kept.left_out, kept.hurried) == (1, 1)
    monkeypatch.setattr(room, "MAX_HELD_BYTES", 0)
    kept.take(batch_of([b"a"]), table(1))
    assert list(kept.ready(0)) == []
    assert kept.left_out == 2


def test_a_copy_has_its_own_bytes() -> None:
    buffer = bytearray(b"..abc.de..")
    batch = FrameBatch(buffer, 4)
    batch.add(6, 2, 9, 1, 1, 3)
    batch.add(2, 3, 3, 2, 101)
    twin = copied(batch)
    buffer[:] = bytes(10)
    assert [twin.frame(0), twin.frame(1)] == [b"de", b"abc"]
    assert (twin.wire[0], twin.interface[0], twin.link[1], twin.time[1]) == (9, 3, 101, 2)
