"""The files of /proc/PID as values (proc_pid_stat(5) and its neighbours). Hostile names are normal here.

A process chooses its comm and its arguments: parentheses, newlines and bytes that are no UTF-8 are expected.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import NamedTuple

MAX_READ = 16384

_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class Stat(NamedTuple):
    """Some fields of /proc/PID/stat."""

    pid: int
    name: str
    state: str
    ppid: int
    start_ticks: int
    kernel: bool  # PF_KTHREAD


class Status(NamedTuple):
    """Some fields of /proc/PID/status; -1 and 0 for what is not there."""

    uid: int  # effective
    ns_pid: int


def text(raw: bytes) -> str:
    """Bytes a process chose, as one printable line."""
    decoded = raw.decode("utf-8", "backslashreplace")
    if decoded.isprintable():
        return decoded
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in decoded)


def text_lines(raw: bytes) -> str:
    """As ``text``, with its line ends kept."""
    return "\n".join(text(line) for line in raw.split(b"\n"))


@contextlib.contextmanager
def folder(path: str) -> Iterator[int]:
    """A descriptor that paths may begin at. Raises OSError."""
    descriptor = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read(path: str, limit: int = MAX_READ, *, at: int | None = None) -> bytes:
    """The first bytes of a file, its path from the folder ``at`` on where one is given. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=at)
    try:
        return os.read(descriptor, limit)
    finally:
        os.close(descriptor)


def parse_stat(raw: bytes) -> Stat | None:
    """None for what is not a stat line. comm ends at the last parenthesis: it may hold others."""
    opening, closing = raw.find(b"("), raw.rfind(b")")
    if opening < 0 or closing < opening:
        return None
    fields = raw[closing + 1 :].split()
    try:
        return Stat(
            pid=int(raw[:opening]),
            name=text(raw[opening + 1 : closing]),
            state=fields[0].decode("ascii", "replace"),
            ppid=int(fields[1]),
            start_ticks=int(fields[19]),
            kernel=bool(int(fields[6]) & 0x00200000),
        )
    except (IndexError, ValueError):
        return None


def parse_status(raw: bytes) -> Status:
    """The effective uid, and the pid in the innermost pid namespace."""
    uid, ns_pid = -1, 0
    for line in raw.split(b"\n"):
        words = line.split()
        if line.startswith(b"Uid:") and len(words) > 2 and words[2].isdigit():
            uid = int(words[2])
        elif line.startswith(b"NSpid:") and len(words) > 1 and words[-1].isdigit():
            ns_pid = int(words[-1])
    return Status(uid, ns_pid)


def boot_ns() -> int:
    """When the machine started, ns since 1970, to the clock tick that process start times count in."""
    exact = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return exact - exact % _TICK_NS


def start_ns(boot: int, ticks: int) -> int:
    """The start of a process, ns since 1970, from the start of the machine."""
    return boot + ticks * _TICK_NS


def ticks(since_boot: int) -> int:
    """A start as the kernel has it (CLOCK_BOOTTIME, ns) as /proc/PID/stat shows it."""
    return since_boot // _TICK_NS


def pids(proc: str = "/proc") -> list[int]:
    """Every process that may be seen. Raises OSError."""
    return [int(name) for name in names(proc) if name.isdecimal()]


def names(folder: str) -> list[str]:
    """What a folder holds. Raises OSError; os and not pathlib, as it is called for every process."""
    return os.listdir(folder)  # noqa: PTH208


def link(path: str) -> str:
    """Where a symbolic link leads, as printable text; empty when it is gone or hidden."""
    try:
        return text(os.readlink(path.encode()))  # noqa: PTH115
    except OSError:
        return ""


def socket_inode(path: str) -> int:
    """The socket behind /proc/PID/fd/N; 0 for another kind of file, -1 when it is gone or hidden."""
    try:
        target = os.readlink(path)  # noqa: PTH115
    except OSError:
        return -1
    return int(target[8:-1]) if target.startswith("socket:[") else 0


def inode(path: str) -> int:
    """The inode a path leads to, 0 when it is gone or hidden."""
    try:
        return os.stat(path).st_ino  # noqa: PTH116
    except OSError:
        return 0
