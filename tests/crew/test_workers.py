"""Workers say their parts in turn; one that dies is told of, and none stays behind."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from procwire.crew.workers import Crew, Desk, WorkerError


def counting(desk: Desk) -> None:
    for step in range(3):
        desk.send((desk.part, desk.parts, step))
    desk.last("done", 3)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_messages_come_in_rounds() -> None:
    crew = Crew(3, counting)
    rounds = [crew.round() for _ in range(4)]
    crew.close()
    assert rounds[:3] == [[(part, 3, step) for part in range(3)] for step in range(3)]
    assert rounds[3] == ["done"] * 3


def test_large_messages_pass_whole() -> None:
    def work(desk: Desk) -> None:
        desk.last(bytes([desk.part]) * (3 << 20), 1)

    crew = Crew(2, work)
    assert [(len(said), said[0]) for said in crew.round()] == [(3 << 20, 0), (3 << 20, 1)]
    crew.close()


def test_one_that_is_killed_is_an_error_that_says_so() -> None:
    def work(desk: Desk) -> None:
        desk.send(os.getpid())
        if desk.part == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        desk.last(None, 1)

    crew = Crew(2, work)
    pids = crew.round()
    with pytest.raises(WorkerError, match=r"was ended by signal 9 \(SIGKILL, perhaps for want of memory\)"):
        crew.round()
    crew.close()
    assert all(gone(pid) for pid in pids)


def test_one_that_ends_without_a_word_is_an_error() -> None:
    crew = Crew(1, lambda _: None)
    with pytest.raises(WorkerError, match="ended with exit code 0"):
        crew.round()
    crew.close()


def test_one_that_fails_says_how_and_where() -> None:
    def work(desk: Desk) -> None:
        raise ValueError(f"part {desk.part}")

    crew = Crew(2, work)
    with pytest.raises(WorkerError, match=r"failed: ValueError\('part 0'\) \(test_workers.py:\d+\)"):
        crew.round()
    crew.close()


def test_closing_ends_those_that_go_on() -> None:
    def work(desk: Desk) -> None:
        desk.send(os.getpid())
        if desk.part:
            while not desk.halting:
                time.sleep(0.001)
            desk.agree(0)
        while True:
            desk.send(bytes(1 << 16))

    crew = Crew(2, work)
    pids = crew.round()
    crew.close()
    assert all(gone(pid) for pid in pids)


def test_a_worker_that_is_asked_to_stop_by_a_signal_leaves_that_to_its_crew() -> None:
    def work(desk: Desk) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
        desk.last("alive", 1)

    crew = Crew(1, work)
    assert crew.round() == ["alive"]
    crew.close()


def walking(ends: int) -> Any:
    """Says each step; stops where all agree to. The second worker is slower by far."""

    def work(desk: Desk) -> None:
        done, end = 0, ends
        agreed = False
        while done < end:
            if desk.halting and not agreed:
                end, agreed = min(desk.agree(done), ends), True
                continue
            done += 1
            desk.send(done)
            if desk.part == 1:
                time.sleep(0.001)
        desk.last(-done, done)

    return work


@pytest.mark.parametrize("ends", [100_000, 1])
def test_all_stop_at_the_same_step(ends: int) -> None:
    crew = Crew(2, walking(ends))
    said = [crew.round()]
    crew.halt()
    while said[-1][0] > 0:
        said.append(crew.round())
    crew.close()
    assert [one == other for one, other in said] == [True] * len(said)
    assert said[-1][0] == 1 - len(said)


def test_where_there_can_be_no_process_those_begun_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fork
    begun: list[int] = []

    def fork() -> int:
        if begun:
            raise BlockingIOError("no more processes")
        begun.append(real())
        return begun[0]

    monkeypatch.setattr(os, "fork", fork)
    with pytest.raises(BlockingIOError):
        Crew(2, lambda desk: desk.last("unheard", 0))
    assert gone(begun[0])
