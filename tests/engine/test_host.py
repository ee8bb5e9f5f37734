from __future__ import annotations

import os

from procwire.engine.host import Processes
from procwire.model.host_tables import PROCESSES


def test_our_own_process_is_in_the_table() -> None:
    with Processes() as processes:
        rows = processes.take()
        assert processes.source in ("bpf-iterator", "proc")
        assert bool(processes.problem) == (processes.source == "proc")
    pids = [row.task.pid for row in rows]
    assert pids == sorted(pids)
    mine = rows[pids.index(os.getpid())]
    assert PROCESSES.column("ppid").get(mine) == os.getppid()
