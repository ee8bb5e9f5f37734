"""Frame batches: a buffer and columns into it."""

from __future__ import annotations

import pytest

from procwire.model.frames import FrameBatch, batch_of, column


@pytest.mark.parametrize(
    ("code", "top"), [("q", -(1 << 63)), ("Q", (1 << 64) - 1), ("I", 1 << 31), ("B", 255)]
)
def test_a_column_holds_its_code(code: str, top: int) -> None:
    values = column(code, 3)
    assert list(values) == [0, 0, 0]
    values[2] = top
    assert values[2] == top


def test_frames_come_back_as_they_went_in() -> None:
    batch = batch_of([b"one", b"", b"three"], link=101, start=5, step=2)
    assert [batch.frame(row) for row in range(batch.count)] == [b"one", b"", b"three"]
    assert [batch.time[row] for row in range(3)] == [5, 7, 9]
    assert batch.link[1] == 101
    assert batch.first == 1


def test_a_full_batch_and_a_row_outside_are_refused() -> None:
    batch = FrameBatch(b"x", 1)
    assert batch.add(0, 1, 60, 9, 1, 2) == 0
    assert (batch.captured[0], batch.wire[0], batch.interface[0]) == (1, 60, 2)
    with pytest.raises(IndexError):
        batch.add(0, 1, 1, 9, 1)
    with pytest.raises(IndexError):
        batch.frame(1)
    with pytest.raises(IndexError):
        batch.frame(-1)
