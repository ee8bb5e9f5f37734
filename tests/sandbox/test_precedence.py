"""Served before others while little is taken, and as others are while much is."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from procwire.sandbox import precedence
from procwire.sandbox.capabilities import SYS_NICE
from procwire.sandbox.precedence import NICE, Precedence
from procwire.sandbox.syscalls import SandboxError, call
from tests.lab import Host, pair, wait_for, why_not

ATTRIBUTES = struct.Struct("=IIQiIQQQ")  # struct sched_attr
KERNEL = pytest.mark.skipif(bool(why_not()), reason=why_not() or "can")


class Turns:
    """A thread whose clocks are set by hand, and what it asked the kernel for."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, *, allowed: bool = True, refused: bool = False
    ) -> None:
        self.now, self.used = 100.0, 0.0
        self.set: list[int] = []
        self.refused = refused
        monkeypatch.setattr(os, "setpriority", self._set)
        self.precedence = Precedence(lambda: self.now, lambda: self.used)

    def _set(self, which: int, who: int, nice: int) -> None:
        assert (which, who) == (os.PRIO_PROCESS, 0)
        if self.refused:
            raise PermissionError
        self.set.append(nice)

    def passed(self, seconds: float, used: float) -> list[int]:
        self.now += seconds
        self.used += used
        self.precedence.tick()
        return self.set


def test_it_is_taken_at_once_and_given_back_while_much_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(monkeypatch)
    assert turns.passed(0, 0) == [NICE]
    assert turns.passed(1, 0.4) == [NICE]
    assert turns.passed(1, 0.6) == [NICE, 0]
    assert turns.passed(1, 0.4) == [NICE, 0]  # neither much nor little: as it was
    assert turns.passed(2, 0.4) == [NICE, 0, NICE]
    assert turns.precedence.held


def test_what_is_much_is_judged_over_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(monkeypatch)
    turns.passed(0, 0)
    assert turns.passed(0.25, 0.25) == [NICE]
    assert turns.passed(0.25, 0.0) == [NICE]
    assert turns.passed(0.5, 0.3) == [NICE, 0]


def test_nobody_has_it_who_was_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(monkeypatch)
    monkeypatch.setitem(precedence._process, "allowed", False)
    precedence.tick()
    assert turns.set == []
    monkeypatch.setitem(precedence._process, "allowed", True)
    on_its_own = threading.Thread(target=precedence.tick)
    on_its_own.start()
    on_its_own.join()
    assert turns.set == [NICE]


def test_who_is_refused_does_not_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(monkeypatch, refused=True)
    turns.passed(0, 0)
    turns.refused = False
    assert turns.passed(2, 0) == []
    assert not turns.precedence.held


def is_allowed(monkeypatch: pytest.MonkeyPatch, *, nice: int = 0, rights: int = 0) -> bool:
    """Where no limit can be raised."""

    def refuse(*_: object) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setitem(precedence._process, "allowed", False)
    monkeypatch.setattr(os, "getpriority", lambda *_: nice)
    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (0, 0))
    monkeypatch.setattr(precedence, "effective", lambda: rights)
    monkeypatch.setattr(precedence, "shorten", lambda _: None)
    precedence.allow()
    return precedence._process["allowed"]


def test_it_takes_a_right(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_allowed(monkeypatch, rights=~(1 << SYS_NICE))
    assert is_allowed(monkeypatch, rights=1 << SYS_NICE)


def test_a_niceness_that_was_given_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_allowed(monkeypatch, nice=5, rights=1 << SYS_NICE)


def threads(pid: int) -> list[int]:
    """The niceness of each thread that has not ended meanwhile."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = (task / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            found.append(int(fields[16]))
    return found


def slice_of(pid: int) -> int:
    """The time slice of a thread, ns; 0 where the kernel does not tell (before Linux 6.12)."""
    told = ctypes.create_string_buffer(ATTRIBUTES.size)
    call("sched_getattr", pid, told, ATTRIBUTES.size, 0)
    return int(ATTRIBUTES.unpack(told.raw)[5])


def forked(work: Callable[[], bool]) -> bool:
    """Whether it is so in a process of its own, which keeps what it asks for."""
    if not (pid := os.fork()):
        os._exit(0 if work() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


SLICES = pytest.mark.skipif(
    not slice_of(0), reason="time slices cannot be chosen before Linux 6.12, nor seen"
)


@SLICES
def test_slices_are_short_of_whatever_is_started_then_and_a_niceness_stays() -> None:
    def work() -> bool:
        call("sched_setattr", 0, ATTRIBUTES.pack(ATTRIBUTES.size, 0, 0, 0, 0, 0, 0, 0), 0)
        usual = slice_of(0)
        os.setpriority(os.PRIO_PROCESS, 0, 7)
        precedence.allow()
        found: list[int] = []
        thread = threading.Thread(target=lambda: found.append(slice_of(0)))
        thread.start()
        thread.join()
        child = forked(lambda: slice_of(0) == precedence.SLICE_NS)
        now = (slice_of(0), os.getpriority(os.PRIO_PROCESS, 0))
        return usual > now[0] and child and now == (precedence.SLICE_NS, 7) and found == [now[0]]

    assert forked(work)


@SLICES
def test_one_who_computes_in_real_time_stays_so() -> None:
    def work() -> bool:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        precedence.allow()
        return os.sched_getscheduler(0) == os.SCHED_FIFO

    def may() -> bool:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        return os.sched_getscheduler(0) == os.SCHED_FIFO

    if not forked(may):
        pytest.skip("this machine has no time for tasks in real time")
    assert forked(work)


def slices(pid: int) -> list[int]:
    """The time slice of each thread that has not ended meanwhile."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found.append(slice_of(int(task.name)))
        except SandboxError as error:
            if error.errno != errno.ESRCH:
                raise
    return found


def is_watched(host: Host, expected: int, *before: str) -> bool:
    """Whether the threads of a watch's engine and of its warden come to have this niceness, and no other.

    And short slices, where the kernel has such.
    """
    words = host.words(*before, sys.executable, "-m", "procwire", "watch", "-i", "eth0", "--json")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as watch:
        assert watch.stderr is not None
        assert b"watching" in watch.stderr.readline()
        engine = watch.pid
        warden = int(Path(f"/proc/{engine}/task/{engine}/children").read_text(encoding="ascii"))
        try:
            wait_for(lambda: len(threads(engine)) > 1, what="the owners' thread")
            wait_for(lambda: {*threads(engine), *threads(warden)} == {expected}, what=f"niceness {expected}")
            wanted = precedence.SLICE_NS if slice_of(0) else 0
            assert {*slices(engine), *slices(warden)} == {wanted}
        finally:
            watch.terminate()
        return watch.wait(60) == 0


@pytest.mark.kernel
@KERNEL
def test_a_confined_watch_and_its_warden_have_it() -> None:
    with pair() as (_, client, _server):
        assert is_watched(client, NICE)


@pytest.mark.kernel
@KERNEL
def test_a_watch_that_was_started_nicer_keeps_that() -> None:
    with pair() as (_, client, _server):
        assert is_watched(client, 3, "nice", "-n", "3")
