from __future__ import annotations

import array
import os
import socket

import pytest

from procwire.model.process import EXACT
from procwire.processes import handover
from procwire.processes.claims import Claim
from procwire.processes.holders import Holder, Holders
from procwire.processes.kernel import KernelOwners
from procwire.processes.owners import Owners
from procwire.processes.table import ProcessTable
from tests.bpf.kernel import need_bpf
from tests.processes.test_tasks import need_iterators
from tests.processes.world import key_of_socket, line, program

RECEIVE = (
    "import array, socket, sys\n"
    "unix = socket.socket(fileno=int(sys.argv[1]))\n"
    "said, parts, _, _ = unix.recvmsg(1, 64)\n"
    "print('up', flush=True); sys.stdin.readline()"
)


class Told(Holders):
    """Holders that are what the test says, first before and then after a survey."""

    def __init__(self, before: list[int], after: list[int] | None, taken: int) -> None:
        super().__init__()
        self.pids_held, self.after = before, after
        self.surveyor = type("S", (), {"taken": taken, "pause_ns": 0})()

    def of_cookie(self, cookie: int) -> list[Holder]:
        return [Holder(pid, 5) for pid in self.pids_held]

    def renew(self) -> bool:
        if self.after is None:
            return False
        self.pids_held, self.after = self.after, None
        self.surveyor.taken = 1000  # type: ignore[union-attr]
        return True


def claim(pid: int = 4, noted: int = 100, cookie: int = 9) -> Claim:
    return Claim(pid, 0, EXACT, "bpf", cookie=cookie, noted=noted)


def chosen(holders: Holders, said: Claim) -> int | None:
    found = handover.heir(said, holders, ProcessTable())
    return found.process.pid if found is not None else None


def test_the_claim_stands_where_its_process_still_holds_it_or_nobody_does() -> None:
    assert chosen(Told([4, os.getpid()], None, 200), claim()) is None
    assert chosen(Told([], None, 200), claim()) is None
    assert chosen(Told([os.getpid()], None, 200), claim(cookie=0)) is None


def test_a_holder_takes_the_place_of_one_that_has_it_no_more() -> None:
    assert chosen(Told([os.getpid()], None, 200), claim()) == os.getpid()


def test_a_survey_from_before_the_claim_proves_nothing() -> None:
    assert chosen(Told([os.getpid()], None, 50), claim()) is None
    assert chosen(Told([os.getpid()], [4], 50), claim()) is None
    assert chosen(Told([1], [os.getpid()], 50), claim()) == os.getpid()


@pytest.mark.kernel
def test_a_connection_that_was_passed_on_and_not_used_since() -> None:
    need_bpf()
    need_iterators()
    with (
        KernelOwners() as kernel,
        Owners(origins=[kernel], iterators=True) as owners,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        client = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        client.sendall(b"x")
        key = key_of_socket(client)
        before = owners.owner(key)
        ours, theirs = socket.socketpair()
        with accepted, ours, program(RECEIVE, str(theirs.fileno()), pass_fds=[theirs.fileno()]) as other:
            theirs.close()
            rights = array.array("i", [client.fileno()])
            ours.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            assert line(other) == "up"
            client.close()
            owners.holders.surveyor._next = 0  # type: ignore[union-attr]
            owners.holders.renew()
            after = owners.owner(key)
            assert after.process is not None
            assert after.process.pid == other.pid
            assert (after.confidence, after.source, after.reason) == (
                EXACT,
                handover.SOURCE,
                handover.REASON,
            )
    assert before.process is not None
    assert (before.process.pid, before.source) == (os.getpid(), "bpf")
