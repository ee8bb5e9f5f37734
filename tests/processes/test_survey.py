from __future__ import annotations

import array
import os
import socket

import pytest

from procwire.bpf.libbpf import BpfError
from procwire.processes import rings, survey
from procwire.processes.survey import Held
from procwire.processes.tasks import KernelTasks
from tests.processes.test_rings import ring_with
from tests.processes.test_tasks import need_iterators
from tests.processes.world import inode_of, line, program

KEEP = "import sys; print('up', flush=True); sys.stdin.readline()"


def looked(by: str) -> dict[int, list[Held]]:
    """The holders, by one road."""
    if by == "proc":
        found, told = survey.survey(None)
        assert not told
        return found
    need_iterators()
    with KernelTasks() as kernel:
        found, told = survey.survey(kernel)
    assert told
    return found


@pytest.mark.parametrize("by", ["proc", "kernel"])
def test_inherited_and_passed_sockets_have_all_their_holders(by: str) -> None:
    receive = (
        "import array, socket, sys\n"
        "unix = socket.socket(fileno=int(sys.argv[1]))\n"
        "said, parts, _, _ = unix.recvmsg(1, 64)\n"
        "print('up', flush=True); sys.stdin.readline()"
    )
    with socket.socket() as one, socket.socket() as passed:
        ours, theirs = socket.socketpair()
        with (
            ours,
            program(KEEP, pass_fds=[one.fileno()]) as heir,
            program(receive, str(theirs.fileno()), pass_fds=[theirs.fileno()]) as other,
        ):
            theirs.close()
            rights = array.array("i", [passed.fileno()])
            ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            assert line(heir) == line(other) == "up"
            inodes = inode_of(one), inode_of(passed)
            found = looked(by)
            assert {held.pid for held in found[inodes[0]]} == {os.getpid(), heir.pid}
            assert {held.pid for held in found[inodes[1]]} == {os.getpid(), other.pid}
            passed.close()
            assert [held.pid for held in looked(by)[inodes[1]]] == [other.pid]


@pytest.mark.parametrize("by", ["proc", "kernel"])
def test_a_socket_that_only_an_io_uring_holds(by: str) -> None:
    with socket.socket() as one:
        inode = inode_of(one)
        with ring_with(one):
            one.close()
            assert [(held.pid, held.fd) for held in looked(by)[inode]] == [(os.getpid(), rings.FIXED)]


@pytest.mark.kernel
def test_the_kernel_adds_the_cookie() -> None:
    with socket.socket() as one:
        cookie = int.from_bytes(one.getsockopt(socket.SOL_SOCKET, 57, 8), "little")
        assert [held.cookie for held in looked("kernel")[inode_of(one)]] == [cookie]


def test_an_iterator_that_breaks_is_replaced_by_proc() -> None:
    class Broken:
        def holders(self) -> None:
            raise BpfError(5, "broke")

    with socket.socket() as one:
        found, told = survey.survey(Broken())  # type: ignore[arg-type]
        assert not told
        assert Held(os.getpid(), one.fileno(), inode_of(one)) in found[inode_of(one)]


def test_what_may_not_be_listed_is_passed_over() -> None:
    assert list(survey.by_files([0, 1 << 30])) == []


@pytest.mark.kernel
def test_surveys_are_no_more_frequent_than_their_cost_allows() -> None:
    need_iterators()
    now = [1]
    with KernelTasks() as kernel, socket.socket() as one:
        surveyor = survey.Surveyor(kernel, clock=lambda: now[0])
        cookie = int.from_bytes(one.getsockopt(socket.SOL_SOCKET, 57, 8), "little")
        assert surveyor.of_cookie(cookie) == []
        assert surveyor.take()
        assert [held.fd for held in surveyor.of_cookie(cookie)] == [one.fileno()]
        assert [held.pid for held in surveyor.holders(inode_of(one))] == [os.getpid()]
        assert not surveyor.take()
        assert surveyor.pause_ns == survey.MIN_PAUSE_NS
        now[0] += survey.MIN_PAUSE_NS
        assert surveyor.take()
        assert (surveyor.count, surveyor.taken) == (2, now[0])
