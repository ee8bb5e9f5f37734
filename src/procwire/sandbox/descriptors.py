"""What is open, sorted by what may be done with it: a descriptor that reads packets must never send one.

A packet socket puts on the wire whatever is written to it, and no right is asked for then. So a process that
holds some may write only to descriptors that are not sockets, and send only on those that lead nowhere but to
the kernel's tables and to its own warden.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import NamedTuple

_HARMLESS = frozenset({socket.AF_UNIX, socket.AF_NETLINK})
MAX_NAMED = 200  # a filter's jumps are 8 bits


class Open(NamedTuple):
    """Descriptors of this process."""

    writable: tuple[int, ...]  # no sockets
    speaking: tuple[int, ...]  # sockets that lead to the kernel or to a process of ours
    packets: tuple[int, ...]  # other sockets


def survey() -> Open:
    """As of now."""
    writable: list[int] = []
    speaking: list[int] = []
    packets: list[int] = []
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names alone
        fd = int(name)
        family = _family(fd)
        if family is None:
            continue
        (speaking if family in _HARMLESS else packets if family else writable).append(fd)
    return Open(tuple(writable), tuple(speaking), tuple(packets))


def nameable() -> Open:
    """The same. Raises OSError (EMFILE) where they are too many to be named in a filter."""
    found = survey()
    count = len(found.writable) + len(found.speaking)
    if count > MAX_NAMED:
        raise OSError(errno.EMFILE, f"{count} descriptors are open, {MAX_NAMED} at most")
    return found


def _family(fd: int) -> int | None:
    """A socket's address family, 0 for what is no socket; None for what is closed by now."""
    try:
        copy = os.dup(fd)
    except OSError:
        return None
    try:
        twin = socket.socket(fileno=copy)
    except OSError:
        os.close(copy)
        return 0
    with twin:
        return twin.family
