"""The structs of iterators.bpf.c as values. Pure."""

from __future__ import annotations

import functools
import struct
from collections.abc import Iterator
from typing import NamedTuple

from procwire.model.host import Task

SOCKET, RING = 1, 2  # Holder.kind

_ROW = struct.Struct("=QQQQQQqQIIIIIIIIIIIIIIII16s")
_ARGUMENTS = struct.Struct("=II")
_HOLDER = struct.Struct("=QQIIHHI")

_MAKE = functools.partial(
    tuple.__new__, Task
)  # as Task._make, without its check: the struct has as many fields

ROW_BYTES = _ROW.size
HOLDER_BYTES = _HOLDER.size


class Holder(NamedTuple):
    """A descriptor that is a socket, or an io_uring."""

    cookie: int  # of an internet socket, else 0
    inode: int
    pid: int
    fd: int
    family: int
    protocol: int
    kind: int


def tasks(data: bytes) -> Iterator[Task]:
    """The rows of ``processes``; a cut last one is left out."""
    return map(_MAKE, _ROW.iter_unpack(_whole(data, ROW_BYTES)))


class Tables:
    """One table of processes after the other: a row with the bytes it had is the Task it was, as most sleep.

    Rows are kept from the second table on, so that who reads one only does not pay for it.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, Task] | None = None

    def read(self, data: bytes) -> list[Task]:
        """The rows of ``processes``."""
        if self._known is None:
            self._known = {}
            return list(tasks(data))
        rows = [data[at : at + ROW_BYTES] for at in range(0, len(data) - ROW_BYTES + 1, ROW_BYTES)]
        known, unpack = self._known.get, _ROW.unpack
        found = [known(row) or _MAKE(unpack(row)) for row in rows]
        self._known = dict(zip(rows, found, strict=True))
        return found


def arguments(data: bytes) -> dict[int, bytes]:
    """The rows of ``arguments``: the command line by pid, each argument with its end, cut at 4095 bytes."""
    found: dict[int, bytes] = {}
    offset, head, unpack = 0, _ARGUMENTS.size, _ARGUMENTS.unpack_from
    last = len(data) - head
    while offset <= last:
        pid, size = unpack(data, offset)
        offset += head
        found[pid] = data[offset : offset + size]
        offset += size
    return found


def holders(data: bytes) -> Iterator[Holder]:
    """The rows of ``holders``."""
    return map(Holder._make, _HOLDER.iter_unpack(_whole(data, HOLDER_BYTES)))


def _whole(data: bytes, size: int) -> bytes:
    return data[: len(data) - len(data) % size] if len(data) % size else data
