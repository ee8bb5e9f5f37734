"""Batches come in order, one ahead and no more; errors reach who takes; the thread ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from procwire.model.frames import FrameBatch, batch_of
from procwire.recorder.ahead import ALIVE, Ahead
from tests.lab import wait_for


class Source:
    """Counts how many batches were asked for."""

    def __init__(self, count: int, error: BaseException | None = None) -> None:
        self.made: list[FrameBatch] = [batch_of([b"frame"]) for _ in range(count)]
        self.asked = 0
        self._error = error

    def batches(self) -> Iterator[FrameBatch]:
        for batch in self.made:
            self.asked += 1
            yield batch
        if self._error is not None:
            raise self._error


def test_in_order_and_one_ahead() -> None:
    source = Source(5)
    ahead = Ahead(source.batches())
    assert source.asked == 0  # nothing before the first is taken
    for number, batch in enumerate(source.made):
        assert ahead.take() is batch
        assert source.asked <= number + ALIVE
    assert ahead.take() is None
    assert ahead.take() is None
    ahead.close()


def test_an_error_comes_where_it_was() -> None:
    source = Source(1, OSError("gone"))
    ahead = Ahead(source.batches())
    assert ahead.take() is source.made[0]
    with pytest.raises(OSError, match="gone"):
        ahead.take()
    assert ahead.take() is None
    ahead.close()


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_it_can_be_left_at_any_time(taken: int) -> None:
    source = Source(9)
    ahead = Ahead(source.batches())
    for _ in range(taken):
        ahead.take()
    if taken:
        wait_for(lambda: source.asked == taken + 1, what="the one ahead")
    ahead.close()
    ahead.close()
    assert not ahead._thread.is_alive()
    assert source.asked == (taken + 1 if taken else 0)
