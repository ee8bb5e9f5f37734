from __future__ import annotations

import os
import struct
import subprocess
import time

import pytest

from procwire.bpf.lifecycle import EXEC, EXIT, FORK, Event
from procwire.processes import connector
from procwire.processes.connector import Connector
from tests.lab import wait_for
from tests.processes.world import become_nobody, in_child

HEAD = struct.pack("=IIIIHH", 1, 1, 0, 0, 40, 0)


def message(what: int, *numbers: int) -> bytes:
    return HEAD + struct.pack("=IIQ", what, 0, 77) + struct.pack(f"={len(numbers)}I", *numbers)


def test_forks_execs_and_exits_of_processes() -> None:
    fork, run, end = (
        connector.parse(message(1, 10, 10, 11, 11)),
        connector.parse(message(2, 11, 11)),
        connector.parse(message(0x80000000, 11, 11, 0x300, 17, 10, 10)),
    )
    assert fork is not None
    assert run is not None
    assert end is not None
    assert (fork.kind, fork.pid, fork.ppid, fork.time) == (FORK, 11, 10, 77)
    assert (run.kind, run.pid) == (EXEC, 11)
    assert (end.kind, end.pid, end.exit_code) == (EXIT, 11, 0x300)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        HEAD,
        message(1, 10, 10, 12, 11),
        message(0x80000000, 12, 11, 0, 17),
        message(4, 1, 1, 1, 1),
        message(1, 2),
    ],
)
def test_threads_other_kinds_and_cut_messages_are_none(body: bytes) -> None:
    assert connector.parse(body) is None


def heard(feed: Connector, pid: int, until: int) -> dict[int, Event]:
    found: dict[int, Event] = {}

    def done() -> bool:
        found.update({event.kind: event for event in feed.poll(0.05) if event.pid == pid})
        return until in found

    wait_for(done, what="the event")
    return found


@pytest.mark.kernel
def test_a_real_process_is_read_while_it_lives() -> None:
    try:
        feed = Connector()
    except OSError as error:
        pytest.skip(f"no process connector here: {error.strerror}")
    with feed, subprocess.Popen(["/bin/sleep", "60"]) as child:
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        found = heard(feed, child.pid, EXEC)
        child.kill()
        found |= heard(feed, child.pid, EXIT)
    run = found[EXEC]
    assert (run.args, run.comm, run.ppid) == (b"/bin/sleep\x0060\0", b"sleep", os.getpid())
    assert run.exe.endswith(b"/sleep")
    assert abs(run.time - before) < 10_000_000_000
    assert found[EXIT].exit_code == 9
    assert feed.lost == 0


@pytest.mark.kernel
def test_without_the_right_it_says_so() -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to give it up")

    def work() -> str:
        become_nobody()
        try:
            Connector().close()
        except OSError as error:
            return f"refused {error.errno}"
        return "allowed"

    assert in_child(work).startswith(("refused", "allowed"))
