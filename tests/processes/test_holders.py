from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from procwire.bpf.libbpf import BpfError
from procwire.processes import holders
from procwire.processes.holders import Holder, Holders
from procwire.processes.survey import Surveyor
from procwire.processes.tasks import KernelTasks
from tests.lab import wait_for
from tests.processes.test_tasks import need_iterators
from tests.processes.world import inode_of, line, program

FORKING = """
import os, socket
s = socket.socket()
print(os.fstat(s.fileno()).st_ino, flush=True)
if os.fork() == 0:
    print('ready', flush=True)
    input()
os.wait()
"""


def test_our_own_sockets_are_found() -> None:
    seeker = Holders()
    with socket.socket() as ours:
        assert seeker.find(inode_of(ours), os.geteuid()) == [Holder(os.getpid(), ours.fileno())]


def test_what_is_known_costs_one_look() -> None:
    seeker = Holders()
    with socket.socket() as ours:
        seeker.find(inode_of(ours), os.geteuid())
        before = seeker.links_read
        assert seeker.find(inode_of(ours), os.geteuid())
        assert seeker.links_read == before + 1


def test_the_next_socket_of_a_busy_process_is_found_without_listing() -> None:
    seeker = Holders()
    with socket.socket() as first:
        seeker.find(inode_of(first), os.geteuid())
        with socket.socket() as second:
            before = seeker.links_read
            assert seeker.find(inode_of(second), os.geteuid())[0].fd == second.fileno()
            assert seeker.links_read - before < 40


def test_a_descriptor_used_again_is_another_socket() -> None:
    seeker = Holders()
    ours = socket.socket()
    old, number = inode_of(ours), ours.fileno()
    seeker.find(old, os.geteuid())
    ours.close()
    with socket.socket() as other:
        assert other.fileno() == number
        assert seeker.find(old, os.geteuid()) == []
        assert seeker.find(inode_of(other), os.geteuid()) == [Holder(os.getpid(), number)]


def test_two_descriptors_of_one_socket_are_one_process() -> None:
    seeker = Holders()
    with socket.socket() as ours, ours.dup():
        assert {holder.pid for holder in seeker.find(inode_of(ours), os.geteuid())} == {os.getpid()}


def test_a_forked_child_holds_it_too() -> None:
    with program(FORKING) as started:
        inode = int(line(started))
        assert line(started) == "ready"
        held = {holder.pid for holder in Holders().find(inode, os.geteuid())}
        assert started.pid in held
        assert len(held) == 2


def test_no_inode_has_no_holder() -> None:
    seeker = Holders()
    assert seeker.find(0) == []
    assert seeker.find(-1) == []
    assert seeker.full_scans == 0


def test_looking_everywhere_is_rationed() -> None:
    clock = [0]
    seeker = Holders(clock=lambda: clock[0])
    missing = (1 << 32) - 2
    assert seeker.find(missing) == []
    assert seeker.find(missing) == []
    assert seeker.full_scans == 1
    assert seeker.pause_ns > 0
    clock[0] += seeker.pause_ns
    assert seeker.find(missing) == []
    assert seeker.full_scans == 2


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holders, "MAX_SOCKETS", 64)  # more than this process may have beside these
    seeker = Holders()
    ours = [socket.socket() for _ in range(200)]
    try:
        seeker.scan_all()
        assert len(seeker._holders) <= 64
        # A whole scan is rationed by time, so the first answer may be none.
        assert wait_for(lambda: seeker.find(inode_of(ours[0]), os.geteuid()))
    finally:
        for each in ours:
            each.close()


def test_a_process_that_may_not_be_looked_into_is_known_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "50").mkdir()
    (tmp_path / "50" / "fd").mkdir()
    seeker = Holders(proc=str(tmp_path))
    assert not seeker.denied()
    assert seeker.find(7) == []
    assert not seeker.denied()

    def as_nobody() -> list[bool]:
        (tmp_path / "50" / "fd").chmod(0)
        seeker.scan_all()
        return [seeker.denied(), seeker.denied(os.geteuid()), seeker.denied(4_000_000)]

    if os.geteuid() == 0:
        assert as_nobody() == [False, False, False]  # root may
    else:
        assert as_nobody() == [True, True, False]


@pytest.mark.kernel
def test_one_survey_finds_what_is_inherited_and_reads_no_process() -> None:
    need_iterators()
    code = "import sys; print('up', flush=True); sys.stdin.readline()"
    with KernelTasks() as kernel, socket.socket() as one, program(code, pass_fds=[one.fileno()]) as heir:
        assert line(heir) == "up"
        found_by = Holders(surveyor=Surveyor(kernel))
        found = found_by.find(inode_of(one))
        assert {held.pid for held in found} == {os.getpid(), heir.pid}
        assert (found_by.full_scans, found_by.links_read, found_by.denied()) == (0, 2, False)
        heir.kill()
        heir.wait()
        assert [held.pid for held in found_by.find(inode_of(one))] == [os.getpid()]
        assert found_by.find(1 << 40) == []


@pytest.mark.kernel
def test_an_iterator_that_fails_gives_way_to_proc() -> None:
    need_iterators()
    with socket.socket() as one:
        kernel = KernelTasks()
        found_by = Holders(surveyor=Surveyor(kernel))

        def broken() -> None:
            raise BpfError(5, "broke")

        kernel.holders = broken  # type: ignore[method-assign,assignment]
        assert found_by.find(inode_of(one)) == []
        assert (found_by.surveyor, found_by.problem) == (None, "broke")
        assert [held.pid for held in found_by.find(inode_of(one))] == [os.getpid()]
        kernel.close()
