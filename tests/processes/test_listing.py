from __future__ import annotations

import os
import socket
import subprocess

import pytest

from procwire.model.host_tables import PROCESSES
from procwire.processes.listing import Lives, Processes, Sockets


def test_our_own_process_is_in_the_table() -> None:
    with Processes() as processes:
        rows = processes.take()
        assert processes.source in ("bpf-iterator", "proc")
        assert any("/proc" in why for why in processes.problems) == (processes.source == "proc")
    pids = [row.task.pid for row in rows]
    assert pids == sorted(pids)
    mine = rows[pids.index(os.getpid())]
    assert PROCESSES.column("ppid").get(mine) == os.getppid()


def test_our_own_socket_with_the_guess_for_its_ports() -> None:
    asked = []

    def guess(proto: str, src: int, dst: int) -> tuple[str, str]:
        asked.append((proto, src, dst))
        return "x", "port-guess"

    with socket.socket(type=socket.SOCK_DGRAM) as ours, Sockets(guess) as sockets:
        ours.bind(("127.0.0.1", 0))
        port = ours.getsockname()[1]
        row = next(row for row in sockets.take() if row.src_port == port and row.proto == "udp")
    assert row.process is not None
    assert (row.process.task.pid, row.app) == (os.getpid(), "x")
    assert ("udp", port, 0) in asked


@pytest.mark.kernel
def test_what_happens_until_it_is_stopped() -> None:
    try:
        feed = Lives()
    except OSError as error:
        pytest.skip(str(error))
    found = []
    with feed:
        for number, rows in enumerate(feed.batches(10)):
            found += rows
            if number == 0:
                with subprocess.Popen(["/bin/sh", "-c", "exit 4"]) as child:
                    child.wait()
            if any(row.pid == child.pid and row.action == "exit" for row in found):
                feed.stop()
        assert feed.lost == 0
    ours = [row for row in found if row.pid == child.pid]
    assert [row.action for row in ours] == ["fork", "exec", "exit"]
    assert ours[1].cmdline == "/bin/sh -c 'exit 4'"
    assert ours[2].exit_code == 4
    assert ours[2].ancestors[0].endswith(f":{os.getpid()}")
