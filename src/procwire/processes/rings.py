"""Sockets that an io_uring holds as fixed files: they have no descriptor, and /proc/PID/fdinfo names them.

A line of the ring's fdinfo is ``    0: socket:[12345]`` (io_uring/fdinfo.c, since Linux 5.10).
"""

from __future__ import annotations

import re

from procwire.processes import procfs

MAX_BYTES = 1 << 20  # of one ring's fdinfo that are read
FIXED = -1  # stands for the descriptor of such a socket
_LINE = re.compile(rb"^ *\d+: socket:\[(\d+)\]$", re.MULTILINE)


def parse(text: bytes) -> list[int]:
    """The socket inodes that a ring's fdinfo lists."""
    return [int(found) for found in _LINE.findall(text)]


def sockets(pid: int, fd: int, proc: str = "/proc") -> list[int]:
    """The inodes of the sockets that a ring holds; none where it may not be read."""
    try:
        return parse(procfs.read(f"{proc}/{pid}/fdinfo/{fd}", MAX_BYTES))
    except OSError:
        return []
