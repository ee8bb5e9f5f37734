from __future__ import annotations

import os
import socket

from procwire.engine.host import Processes, Sockets
from procwire.model.host_tables import PROCESSES


def test_our_own_process_is_in_the_table() -> None:
    with Processes() as processes:
        rows = processes.take()
        assert processes.source in ("bpf-iterator", "proc")
        assert any("/proc" in why for why in processes.problems) == (processes.source == "proc")
    pids = [row.task.pid for row in rows]
    assert pids == sorted(pids)
    mine = rows[pids.index(os.getpid())]
    assert PROCESSES.column("ppid").get(mine) == os.getppid()


def test_our_own_socket_is_among_the_sockets() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as ours, Sockets() as sockets:
        ours.bind(("127.0.0.1", 0))
        row = next(
            row for row in sockets.take() if row.src_port == ours.getsockname()[1] and row.proto == "udp"
        )
        assert row.process is not None
        assert row.process.task.pid == os.getpid()
        assert (row.app, row.app_confidence) == ("unknown", "unknown")
