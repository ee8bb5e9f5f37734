from __future__ import annotations

import array
import os
import socket
from pathlib import Path

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
        seen = survey.survey(None)
        assert not seen.told
        return seen.held
    need_iterators()
    with KernelTasks() as kernel:
        seen = survey.survey(kernel)
    assert seen.told
    return seen.held


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
        seen = survey.survey(Broken())  # type: ignore[arg-type]
        assert not seen.told
        assert Held(os.getpid(), one.fileno(), inode_of(one)) in seen.held[inode_of(one)]


def test_what_may_not_be_listed_is_passed_over() -> None:
    refused: set[int] = set()
    assert list(survey.by_files([0, 1 << 30], refused=refused)) == []
    assert refused == set()  # they are not there: nobody refused to show them


def test_who_may_not_be_looked_at_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for pid, held in ((5, ("socket:[77]",)), (6, ("socket:[78]", "socket:[79]"))):
        (tmp_path / str(pid) / "fd").mkdir(parents=True)
        for number, target in enumerate(held):
            (tmp_path / str(pid) / "fd" / str(number)).symlink_to(target)
    read = os.readlink

    def readlink(path: str) -> str:
        if path.startswith(f"{tmp_path}/6/"):
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(os, "readlink", readlink)
    assert survey.survey(None, str(tmp_path)) == ({77: [Held(5, 0, 77)]}, False, frozenset({6}))
    assert survey.unseen(frozenset({6})).endswith("refused: pid 6")
    assert survey.unseen(frozenset(range(6, 11))).endswith("refused: pid 6, 7, 8 and 2 more")


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
