"""A batch is decoded while the one before is in use, and no more than that."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from procwire.crew.ahead import AHEAD, LENT, Ahead
from procwire.model.frames import FrameBatch, batch_of
from procwire.model.packets import PacketTable


def decode(batch: FrameBatch, table: PacketTable) -> PacketTable:
    table.count = batch.count
    return table


def endless(taken: list[int]) -> Iterator[FrameBatch]:
    while True:
        taken.append(1)
        yield batch_of([b"x" * len(taken)])


def test_batches_come_in_order_with_their_tables() -> None:
    ahead = Ahead(lambda: iter([batch_of([b"a"]), batch_of([b"b", b"c"])]), decode)
    ahead.start()
    assert [(batch.count, table.count) for batch, table in ahead.take()] == [(1, 1), (2, 2)]
    assert ahead.stop()


@pytest.mark.parametrize(("lent", "most"), [(False, AHEAD), (True, LENT)])
def test_no_more_than_one_batch_is_decoded_ahead(lent: bool, most: int) -> None:
    """And some more of those that are lent, each with a table of its own."""
    taken: list[int] = []
    ahead = Ahead(lambda: endless(taken), decode, lent=lent)
    assert len({id(table) for table in ahead.tables}) == most
    ahead.start()
    batches = ahead.take()
    for _ in range(5):
        next(batches)
    assert ahead.stop()
    assert len(taken) <= 5 + most


def test_what_decoding_raises_is_raised_where_it_is_taken() -> None:
    def broken(*_: object) -> PacketTable:
        raise RuntimeError("broken")

    ahead = Ahead(lambda: endless([]), broken)
    ahead.start()
    with pytest.raises(RuntimeError, match="broken"):
        list(ahead.take())
    assert ahead.stop()


def test_one_that_waits_for_a_pipe_is_left_behind() -> None:
    hold = threading.Event()

    def silent() -> Iterator[FrameBatch]:
        hold.wait(60)
        yield from ()

    ahead = Ahead(silent, decode)
    ahead.start()
    ahead.wake()
    assert list(ahead.take()) == []
    assert not ahead.stop()
    hold.set()
    ahead.join(60)
    assert not ahead.is_alive()
