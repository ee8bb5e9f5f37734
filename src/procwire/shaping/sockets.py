"""The sockets that a process has already: they stay in the cgroup of their making, so each gets the mark.

pidfd_getfd(2) (Linux 5.6) lends a descriptor of each; SO_PRIORITY is the socket's own, whoever sets it. A
connection that is accepted from an older listening socket begins without, so the watchdog looks again each
second.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
from collections.abc import Iterator

from procwire.shaping import groups
from procwire.shaping.failure import ShapingError
from procwire.shaping.namespace import GoneError
from procwire.shaping.steps import Tag, Untag

MAX_SOCKETS = 4096  # of one process at one look
_PIDFD_GETFD = 438  # the same number on every architecture of Linux
_INTERNET = (socket.AF_INET, socket.AF_INET6)


def tag(step: Tag) -> int:
    """Give the process's sockets the priority; how many got it now. Raises GoneError, ShapingError."""
    count = 0
    for each in _sockets(step.pid, step.start):
        if each.getsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY) != step.priority:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, step.priority)
            count += 1
    return count


def untag(step: Untag) -> int:
    """Take it back from those that have it; what they had before is the usual, 0. Raises ShapingError."""
    count = 0
    with contextlib.suppress(GoneError):
        for each in _sockets(step.pid, step.start):
            if each.getsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY) == step.priority:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 0)
                count += 1
    return count


def _sockets(pid: int, start: int) -> Iterator[socket.socket]:
    """Its internet sockets, each lent for a moment."""
    if groups.start_of(pid) != start:
        raise GoneError(f"process {pid} has ended, and its number belongs to another")
    try:
        process = os.pidfd_open(pid)
    except OSError:
        raise GoneError(f"there is no process {pid}") from None
    try:
        if groups.start_of(pid) != start:
            raise GoneError(f"process {pid} has ended, and its number belongs to another")
        for number in _numbers(pid):
            lent = _lend(process, number)
            if lent is not None:
                with lent:
                    yield lent
    finally:
        os.close(process)


def _numbers(pid: int) -> list[int]:
    """Descriptors that are sockets, at most MAX_SOCKETS of them."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):  # noqa: PTH115
                    found.append(int(name))
            if len(found) >= MAX_SOCKETS:
                break
    return found


def _lend(process: int, number: int) -> socket.socket | None:
    """One socket; None where it was closed meanwhile, or is none of the internet's. Raises ShapingError."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(_PIDFD_GETFD, process, number, 0)
    if descriptor < 0:
        if ctypes.get_errno() == 1:  # EPERM
            raise ShapingError("the sockets of the process may not be touched (it needs CAP_SYS_PTRACE)")
        return None
    lent = socket.socket(fileno=descriptor)
    if lent.family not in _INTERNET:
        lent.close()
        return None
    return lent
