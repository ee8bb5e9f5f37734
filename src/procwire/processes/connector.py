"""The kernel's process connector (cn_proc): forks, execs and exits by netlink, where BPF is refused.

Needs CAP_NET_ADMIN and the initial pid and network namespaces. It gives pids alone, so an exec is read from
/proc at once: of a process that is gone by then the program is not known. Structs of linux/connector.h and
linux/cn_proc.h; decoding them is pure.
"""

from __future__ import annotations

import errno
import os
import struct
import time

from procwire.bpf.lifecycle import EXEC, EXIT, FORK, Event
from procwire.netlink.channel import Channel
from procwire.processes import procfs, tasks

CONNECTOR = 11  # NETLINK_CONNECTOR
GROUP = 1  # CN_IDX_PROC
SOURCE = "connector"

_MESSAGE = struct.Struct("=IIIIHH")  # idx, val, seq, ack, length, flags
_HEAD = struct.Struct("=IIQ")  # what, cpu, timestamp (CLOCK_MONOTONIC, ns)
_FORKED = struct.Struct("=IIII")  # parent pid, parent tgid, child pid, child tgid
_EXECUTED = struct.Struct("=II")  # pid, tgid
_EXITED = struct.Struct("=IIII")  # pid, tgid, exit code, exit signal; parents since Linux 4.18
_LISTEN = struct.pack("=I", 1)  # PROC_CN_MCAST_LISTEN
_WHAT = {0x1: FORK, 0x2: EXEC, 0x80000000: EXIT}
_TICK_NS = procfs.start_ns(0, 1)
MAX_POLL = 4096  # messages taken in one poll


def parse(body: bytes) -> Event | None:
    """A message as an event with its pids; None for a thread's, another kind, or one that is cut."""
    at = _MESSAGE.size + _HEAD.size
    if len(body) < at + _EXECUTED.size:
        return None
    what, _, stamp = _HEAD.unpack_from(body, _MESSAGE.size)
    kind = _WHAT.get(what)
    if kind is None or (kind != EXEC and len(body) < at + _FORKED.size):
        return None
    ppid = code = 0
    if kind == FORK:
        _, ppid, thread, pid = _FORKED.unpack_from(body, at)
    elif kind == EXEC:
        thread, pid = _EXECUTED.unpack_from(body, at)
        thread = pid  # the thread that runs exec becomes the first
    else:
        thread, pid, code, _ = _EXITED.unpack_from(body, at)
    if thread != pid:
        return None
    return Event(stamp, 0, 0, 0, 0, kind, pid, ppid, -1, 0, code, b"", b"", b"")


class Connector:
    """Listens; a context manager. Raises OSError when that is not allowed here."""

    source = SOURCE

    def __init__(self, *, proc: str = "/proc") -> None:
        if procfs.inode("/proc/self/ns/pid") not in (0, tasks.INITIAL_PID_NAMESPACE):
            raise OSError(errno.EXDEV, "runs in a pid namespace of its own")
        self._proc = proc
        self.lost = 0  # times that the kernel had to drop messages
        self._skew = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
        self._channel = Channel(CONNECTOR, groups=GROUP)
        try:
            head = _MESSAGE.pack(GROUP, 1, 0, 0, len(_LISTEN), 0)
            self._channel.tell(3, head + _LISTEN)  # NLMSG_DONE, as connector messages are
        except OSError:
            self._channel.close()
            raise

    def __enter__(self) -> Connector:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._channel.close()

    def poll(self, seconds: float) -> list[Event]:
        """What has happened, waiting for it so long."""
        found: list[Event] = []
        wait = seconds
        while len(found) < MAX_POLL:
            try:
                messages = self._channel.listen(wait)
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.lost += 1
                continue
            if not messages:
                break
            wait = 0.0
            found += (self._read(event) for each in messages if (event := parse(each.body)) is not None)
        return found

    def _read(self, event: Event) -> Event:
        """With what /proc says of an exec, and the clock that starts are counted by."""
        event = event._replace(time=event.time + self._skew)
        if event.kind != EXEC:
            return event
        folder = f"{self._proc}/{event.pid}"
        try:
            stat = procfs.parse_stat(procfs.read(f"{folder}/stat"))
            return event._replace(
                start=stat.start_ticks * _TICK_NS if stat is not None else 0,
                ppid=stat.ppid if stat is not None else 0,
                comm=procfs.read(f"{folder}/comm").rstrip(b"\n"),
                exe=_link(f"{folder}/exe"),
                args=procfs.read(f"{folder}/cmdline"),
                uid=os.stat(folder).st_uid,  # noqa: PTH116
            )
        except OSError:
            return event


def _link(path: str) -> bytes:
    """Where a link leads; empty where that may not be seen, as of another user's process."""
    try:
        return os.readlink(path.encode())  # noqa: PTH115
    except OSError:
        return b""
