"""The courier at work, on a thread here."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from procwire.courier import worker
from procwire.courier.line import give, pair, take_done
from procwire.model.sink import LATER, OK, Done, Item, Result, Work
from tests.courier.servers import item, wait_for


class Fake:
    """A sink that does as it is told."""

    def __init__(self, *, fails: Exception | None = None, waits: bool = False, short: bool = False) -> None:
        self.fails, self.waits, self.short = fails, waits, short
        self.released = threading.Event()
        self.aborted = False

    def carry(self, items: Sequence[Item]) -> list[Result]:
        if self.waits:
            self.released.wait(20)
        if self.fails is not None:
            raise self.fails
        return [OK] * (len(items) - self.short)

    def abort(self) -> None:
        self.aborted = True
        self.released.set()


FAKES = {
    "good": Fake(), "bad": Fake(fails=OSError(111, "Connection refused")), "odd": Fake(fails=ValueError("x")),
    "short": Fake(short=True), "slow": Fake(waits=True, fails=TimeoutError(0, "aborted")),
}  # fmt: skip


@pytest.fixture
def end(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.setattr(worker, "DEADLINE_SECONDS", 0.2)
    monkeypatch.setattr(worker, "TICK_MS", 20)
    ours, theirs = pair()
    thread = threading.Thread(target=worker.serve, args=(theirs, FAKES))
    thread.start()
    assert wait(ours) == Done(number=0)
    yield ours
    ours.close()
    thread.join()
    theirs.close()


def wait(end: socket.socket) -> Done:
    def taken() -> Done | None:
        try:
            return take_done(end)
        except BlockingIOError:
            return None

    found = wait_for(taken)
    assert isinstance(found, Done)
    return found


def test_each_sink_by_itself(end: socket.socket) -> None:
    for n, name in enumerate(("slow", "good", "bad", "odd", "short", "none"), 1):
        give(end, Work(number=n, sink=name, items=(item(1), item(2))))
    found = {done.number: done.results for done in (wait(end) for _ in range(6))}
    assert found[2] == (OK, OK)
    assert found[3] == (Result(LATER, "Connection refused"),) * 2
    assert found[4] == (Result(LATER, "x"),) * 2
    assert found[5][0].reason == "not every item was answered"
    assert found[6][0].reason == "the courier does not know this sink"
    assert found[1] == (Result(LATER, "aborted"),) * 2
    assert FAKES["slow"].aborted
