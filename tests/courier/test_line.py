"""The line between the outbox and the courier."""

from __future__ import annotations

import pytest

from procwire.courier.line import MAX_BYTES, give, pair, take_done, take_work
from procwire.model.sink import OK, Done, Work
from tests.courier.servers import item


def test_work_and_answers() -> None:
    one, other = pair()
    with one, other:
        work = Work(number=1, sink="a", items=(item(1), item(2)))
        assert give(one, work)
        assert take_work(other) == work
        with pytest.raises(BlockingIOError):
            take_done(one)
        give(other, Done(number=1, results=(OK,)))
        assert take_done(one) == Done(number=1, results=(OK,))


def test_ends_and_bounds() -> None:
    one, other = pair()
    with one:
        assert not give(one, Work(number=1, sink="a", items=(item(1, b"x" * MAX_BYTES),)))
        one.send(b"junk")
        with pytest.raises(OSError, match="not understood"):
            take_work(other)
        other.close()
        assert take_done(one) is None
        with pytest.raises(BrokenPipeError):
            give(one, Done(number=0))


def test_what_does_not_fit_now_is_for_later() -> None:
    one, other = pair()
    with one, other:
        work = Work(number=1, sink="a", items=(item(1, b"x" * 50_000),))
        taken = [give(one, work, wait=False) for _ in range(50)]
        assert taken[0]
        assert not taken[-1]
