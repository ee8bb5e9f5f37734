from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from procwire.bpf.libbpf import BpfError
from procwire.model.process import EXACT, LISTENER, UNKNOWN
from procwire.model.socket import SocketRow
from procwire.processes import socktable, survey
from procwire.processes.census import Census
from procwire.processes.socktable import SocketTable
from procwire.processes.tasks import KernelTasks
from tests import lab
from tests.processes.test_rings import ring_with
from tests.processes.world import inode_of, line, program


def refused() -> KernelTasks:
    raise BpfError(0, "no iterators today")


def taken(*, unix: bool = False, by: str = "kernel") -> list[SocketRow]:
    census = Census(open_kernel=refused) if by == "proc" else None
    with SocketTable(census=census) as table:
        return table.take(unix=unix)


def of(rows: list[SocketRow], ours: socket.socket) -> SocketRow:
    cookie = int.from_bytes(ours.getsockopt(socket.SOL_SOCKET, 57, 8), "little")
    return next(row for row in rows if row.cookie == cookie)


@pytest.mark.parametrize("by", ["kernel", "proc"])
def test_a_connection_from_its_listener_to_its_end(by: str) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=9) as server:
        first = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        with first, accepted, socket.create_connection(server.getsockname()) as waiting:
            first.sendall(b"x" * 777)
            rows = taken(by=by)
            listening, near, far = of(rows, server), of(rows, first), of(rows, accepted)
            here, there = server.getsockname()[1], waiting.getsockname()[1]
            (queued,) = [
                row for row in rows
                if (row.src_port, row.dst_port, row.state) == (here, there, "established") and not row.inode
            ]  # fmt: skip
            assert (listening.state, listening.send_queue, listening.receive_queue) == ("listen", 9, 1)
            assert (near.state, near.dst_port, near.confidence) == (
                "established",
                server.getsockname()[1],
                EXACT,
            )
            assert (far.src_port, far.dst_port) == (near.dst_port, near.src_port)
            assert far.receive_queue == 777
            for row in (listening, near, far):
                assert row.process is not None
                assert (row.process.task.pid, row.uid, row.family) == (os.getpid(), os.getuid(), 4)
            assert near.descriptor == first.fileno()
            assert near.tcp is not None
            assert near.tcp.bytes_acked in (777, 778)
            assert listening.tcp is None
            assert (queued.confidence, queued.reason) == (LISTENER, socktable.UNACCEPTED)
            assert queued.process is not None
            first.close()
            accepted.close()
    ended = [row for row in taken(by=by) if row.state == "time-wait" and row.src_port == far.src_port]
    assert all((row.confidence, row.reason) == (UNKNOWN, socktable.ENDED) for row in ended)


def test_datagram_sockets() -> None:
    with (
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one,
        socket.socket(type=socket.SOCK_DGRAM) as two,
    ):
        one.bind(("::", 0))
        two.connect(("127.0.0.1", one.getsockname()[1]))
        two.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        rows = taken()
        bound, connected = of(rows, one), of(rows, two)
        assert (bound.proto, bound.state, bound.src, bound.dst, bound.family) == (
            "udp",
            "unconnected",
            "::",
            "",
            6,
        )
        assert (connected.state, connected.dst_port) == ("established", one.getsockname()[1])
        assert (bound.drops, bound.tcp) == (0, None)


def test_unix_sockets_are_there_when_asked_for(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(3)
        assert all(row.family for row in taken())
        row = next(row for row in taken(unix=True) if row.path == path)
        assert (row.proto, row.state, row.inode, row.confidence) == (
            "unix-stream",
            "listen",
            inode_of(server),
            EXACT,
        )


def test_a_socket_that_only_an_io_uring_holds_has_its_owner() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        with ring_with(one):
            one.close()
            row = next(row for row in taken() if row.src_port == port and row.proto == "udp")
    assert row.process is not None
    assert (row.process.task.pid, row.descriptor, row.confidence) == (os.getpid(), -1, EXACT)


@pytest.mark.kernel
def test_sockets_of_other_namespaces_with_their_interface() -> None:
    if lab.why_not():
        pytest.skip(lab.why_not())
    code = (
        "import socket, sys\ns = socket.socket(type=socket.SOCK_DGRAM)\n"
        "s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b'lo'); s.bind(('127.0.0.1', 4242))\n"
        "print('up', flush=True); sys.stdin.readline()"
    )
    with lab.Lab() as world:
        host = world.host("x")
        inode = host.path.stat().st_ino
        with program(code, preexec_fn=lambda: lab._setns(os.open(host.path, os.O_RDONLY))) as other:
            assert line(other) == "up"
            row = next(row for row in taken() if row.netns == inode and row.src_port == 4242)
            assert row.process is not None
            assert (row.process.task.pid, row.interface, row.confidence) == (other.pid, "lo", EXACT)


def test_an_inherited_connection_lists_every_holder() -> None:
    code = "import sys; print('up', flush=True); sys.stdin.readline()"
    with socket.create_server(("127.0.0.1", 0)) as server, program(code, pass_fds=[server.fileno()]) as heir:
        assert line(heir) == "up"
        row = of(taken(), server)
        assert row.process is not None
        assert row.process.task.pid == os.getpid()
        assert {int(name.rpartition(":")[2]) for name in row.holders} == {os.getpid(), heir.pid}


def test_a_socket_whose_holder_may_not_be_looked_at_is_not_said_to_have_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look = survey.survey

    def refusing(*given: object) -> survey.Survey:
        seen = look(*given)  # type: ignore[arg-type]
        held = {inode: rows for inode, rows in seen.held.items() if rows[0].pid != os.getpid()}
        return survey.Survey(held, seen.told, frozenset({os.getpid()}))

    monkeypatch.setattr(survey, "survey", refusing)
    with socket.create_server(("127.0.0.1", 0)) as listener, SocketTable() as table:
        (row,) = [each for each in table.take() if each.src_port == listener.getsockname()[1]]
    assert (row.process, row.confidence) == (None, "unknown")
    assert "right to see" in row.reason or row.reason.endswith(f"refused: pid {os.getpid()}")
