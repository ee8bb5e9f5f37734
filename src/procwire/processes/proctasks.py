"""All processes by /proc alone: the same ``Task`` that the kernel's iterators give, read file by file.

What may not be read (the program of another user's process) is 0, as "not known". Namespaces are left out:
looking at them costs as much as all the rest, and ``Census`` does it when it is asked.
"""

from __future__ import annotations

import contextlib
import os

from procwire.model.host import DEAD, IDLE, ZOMBIE, Task
from procwire.processes import procfs

SOURCE = "proc"
MAX_CGROUPS = 65536  # different texts of /proc/PID/cgroup that are told apart

_TICK_NS = procfs.start_ns(0, 1)
_PAGE = os.sysconf("SC_PAGE_SIZE")
_SPLITS = 22  # fields of the stat line beyond those are not looked at
_STATES = {
    b"R": (0, 0), b"S": (1, 0), b"D": (2, 0), b"T": (4, 0), b"t": (8, 0), b"P": (0x40, 0), b"I": (IDLE, 0),
    b"Z": (0, ZOMBIE), b"X": (0, DEAD), b"x": (0, DEAD),
}  # fmt: skip


class ProcTasks:
    """Reads /proc when asked. For one thread."""

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self.cgroups: dict[bytes, int] = {}  # text of /proc/PID/cgroup -> Task.cgroups

    def tasks(self) -> list[Task]:
        """Every process that may be seen. Raises OSError when /proc cannot be listed."""
        with procfs.folder(self._proc) as at:
            found = (self._task(at, pid) for pid in procfs.pids(self._proc))
            return [task for task in found if task is not None]

    def task(self, pid: int) -> Task | None:
        """One process; None when it is gone, or where there is no /proc."""
        with contextlib.suppress(OSError), procfs.folder(self._proc) as at:
            return self._task(at, pid)
        return None

    def _task(self, at: int, pid: int) -> Task | None:
        """Paths begin at /proc itself: from the root on, ten thousand processes take some 8% longer."""
        name = str(pid)
        try:
            stat = procfs.read(f"{name}/stat", at=at)
            euid = os.stat(name, dir_fd=at).st_uid
        except OSError:
            return None
        try:
            return self._made((at, name), (pid, euid), stat)
        except (IndexError, ValueError):
            return None

    def _made(self, where: tuple[int, str], who: tuple[int, int], stat: bytes) -> Task:
        """Field N of proc_pid_stat(5) is ``fields[N - 3]``."""
        pid, euid = who
        opening, closing = stat.find(b"("), stat.rfind(b")")
        fields = stat[closing + 1 :].split(None, _SPLITS)
        state, exit_state = _STATES.get(fields[0], (0x10000, 0))
        virtual = int(fields[20])
        inode, device, links = 0, 0, 0
        if virtual:  # it has memory of its own: no thread of the kernel's, not exited
            inode, device, links = _program(*where)
        return Task(
            start=int(fields[19]) * _TICK_NS,
            executed=0,
            runtime=(int(fields[11]) + int(fields[12])) * _TICK_NS,
            cgroup=0,
            cgroups=self._cgroups_of(*where),
            inode=inode,
            resident=int(fields[21]),
            virtual=virtual // _PAGE,
            device=device,
            links=links,
            pid=pid,
            ppid=int(fields[1]),
            uid=euid,
            euid=euid,
            threads=int(fields[17]),
            state=state,
            exit_state=exit_state,
            flags=int(fields[6]),
            netns=0,
            mntns=0,
            userns=0,
            pidns=0,
            ns_pid=0,
            spare=0,
            comm=stat[opening + 1 : closing],
        )

    def _cgroups_of(self, at: int, name: str) -> int:
        try:
            text = procfs.read(f"{name}/cgroup", at=at)
        except OSError:
            return 0
        if len(self.cgroups) >= MAX_CGROUPS:
            self.cgroups.clear()
        return self.cgroups.setdefault(text, len(self.cgroups) + 1)  # no pointer, as the kernel's are


def _program(at: int, name: str) -> tuple[int, int, int]:
    try:
        found = os.stat(f"{name}/exe", dir_fd=at)
    except OSError:
        return 0, 0, 0
    return found.st_ino, os.major(found.st_dev) << 20 | os.minor(found.st_dev), found.st_nlink
