"""Bounds on what a process may take of the machine, and the switches that cannot be turned back."""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path

from procwire.sandbox.syscalls import call, prctl

MEMORY_SHARE = 0.75  # of the machine's memory, for data of one process
LEAST_MEMORY = 2 << 30
THREADS = 256  # beyond the tasks that the whole machine has when the bound is set
DESCRIPTORS = 1024
SPARE_DESCRIPTORS = 64
QUEUES = 0  # bytes of POSIX message queues; the engine has none

_SET_NAME, _SET_DUMPABLE, _GET_DUMPABLE, _NO_NEW_PRIVS, _GET_NO_NEW_PRIVS = 15, 4, 3, 38, 39
_NAME_BYTES = 15


def spare_descriptors() -> int:
    """How many more files can be opened, with some left for what comes later."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return max(0, soft - len(os.listdir("/proc/self/fd")) - SPARE_DESCRIPTORS)  # noqa: PTH208 - names alone


def memory_bytes() -> int:
    """The bound on data (RLIMIT_DATA: heap and private writable memory, Linux 4.7)."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(LEAST_MEMORY, int(whole * MEMORY_SHARE))


def tasks_now() -> int:
    """Threads and processes of the machine now; those of one user are not known as cheaply."""
    try:
        fields = Path("/proc/loadavg").read_text(encoding="ascii").split()
        return int(fields[3].partition("/")[2])
    except (OSError, ValueError, IndexError):
        return 1 << 16


def restrain(*, descriptors: int = DESCRIPTORS, memory: int | None = None) -> None:
    """Lower the limits, for good. Raises OSError or ValueError."""
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_DATA: memory_bytes() if memory is None else memory,
        resource.RLIMIT_NPROC: tasks_now() + THREADS,
        resource.RLIMIT_NOFILE: descriptors,
        resource.RLIMIT_MSGQUEUE: QUEUES,
        resource.RLIMIT_MEMLOCK: 0,
    }
    for limit, most in wanted.items():
        hard = resource.getrlimit(limit)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (bound, bound))


def hide() -> None:
    """Not dumpable: no core, and nobody of the same user may look into it. Raises SandboxError."""
    prctl(_SET_DUMPABLE, 0)


def show() -> None:
    """Dumpable again, as a process is before it changes its user."""
    prctl(_SET_DUMPABLE, 1)


def renounce() -> None:
    """no_new_privs: no program that is executed gives rights. Raises SandboxError."""
    prctl(_NO_NEW_PRIVS, 1)


def is_dumpable() -> bool:
    """Whether others of the same user may look into this process."""
    return prctl(_GET_DUMPABLE) != 0


def has_renounced() -> bool:
    """Whether no_new_privs is set."""
    return prctl(_GET_NO_NEW_PRIVS) == 1


def rename(name: str) -> None:
    """What ps(1) and top(1) call this process. Raises SandboxError."""
    call("prctl", _SET_NAME, name.encode()[:_NAME_BYTES] + b"\0", 0, 0, 0)
