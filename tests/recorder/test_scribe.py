"""Work is done in order on another thread; too much is refused; an error does not end it."""

from __future__ import annotations

import threading

import pytest

from procwire.recorder import scribe
from procwire.recorder.scribe import Scribe


def test_steps_in_order_and_an_error_between() -> None:
    done: list[object] = []
    writer = Scribe()
    assert writer.add(lambda: done.append(threading.current_thread().name))
    writer.add(lambda: done.append(1 // 0))
    writer.add(lambda: done.append(2))
    assert writer.settle()
    writer.close()
    assert done == ["recorder", 2]
    assert writer.problem.startswith("ZeroDivisionError")


def test_what_is_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scribe, "MAX_WAITING_BYTES", 10)
    gate = threading.Event()
    done: list[bool] = []
    writer = Scribe()
    assert writer.add(lambda: done.append(gate.wait(60)), 6)
    assert not writer.add(lambda: None, 6)
    assert writer.add(lambda: None, 0)
    gate.set()
    assert writer.settle()
    assert writer.add(lambda: None, 6)
    writer.close()
    assert done == [True]


def test_without_work_there_is_no_thread() -> None:
    before = threading.active_count()
    Scribe().close()
    assert threading.active_count() == before
