"""All processes by /proc alone: the same ``Task`` that the kernel's iterators give, read file by file.

What may not be read (the program of another user's process) is 0, as "not known". Namespaces are left out:
looking at them costs as much as all the rest, and ``Census`` does it when it is asked.
"""

from __future__ import annotations

import os

from procwire.model.host import DEAD, IDLE, ZOMBIE, Task
from procwire.processes import procfs

SOURCE = "proc"
MAX_CGROUPS = 65536  # different texts of /proc/PID/cgroup that are told apart

_TICK_NS = procfs.start_ns(0, 1)
_PAGE = os.sysconf("SC_PAGE_SIZE")
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
        found = (self.task(pid) for pid in procfs.pids(self._proc))
        return [task for task in found if task is not None]

    def task(self, pid: int) -> Task | None:
        """One process; None when it is gone."""
        folder = f"{self._proc}/{pid}"
        try:
            raw = procfs.read(f"{folder}/stat")
            euid = os.stat(folder).st_uid  # noqa: PTH116
        except OSError:
            return None
        opening, closing = raw.find(b"("), raw.rfind(b")")
        fields = raw[closing + 1 :].split()
        try:
            return self._made(folder, (pid, euid, raw[opening + 1 : closing]), fields)
        except (IndexError, ValueError):
            return None

    def _made(self, folder: str, who: tuple[int, int, bytes], fields: list[bytes]) -> Task:
        """Field N of proc_pid_stat(5) is ``fields[N - 3]``."""
        pid, euid, comm = who
        state, exit_state = _STATES.get(fields[0], (0x10000, 0))
        flags = int(fields[6])
        inode, device, links = 0, 0, 0
        if int(fields[20]):  # it has memory of its own: no thread of the kernel's, not exited
            inode, device, links = _program(f"{folder}/exe")
        return Task(
            start=int(fields[19]) * _TICK_NS,
            executed=0,
            runtime=(int(fields[11]) + int(fields[12])) * _TICK_NS,
            cgroup=0,
            cgroups=self._cgroups_of(folder),
            inode=inode,
            resident=int(fields[21]),
            virtual=int(fields[20]) // _PAGE,
            device=device,
            links=links,
            pid=pid,
            ppid=int(fields[1]),
            uid=euid,
            euid=euid,
            threads=int(fields[17]),
            state=state,
            exit_state=exit_state,
            flags=flags,
            netns=0,
            mntns=0,
            userns=0,
            pidns=0,
            ns_pid=0,
            spare=0,
            comm=comm,
        )

    def _cgroups_of(self, folder: str) -> int:
        try:
            text = procfs.read(f"{folder}/cgroup")
        except OSError:
            return 0
        if len(self.cgroups) >= MAX_CGROUPS:
            self.cgroups.clear()
        return self.cgroups.setdefault(text, len(self.cgroups) + 1)  # no pointer, as the kernel's are


def _program(path: str) -> tuple[int, int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return 0, 0, 0
    return found.st_ino, os.major(found.st_dev) << 20 | os.minor(found.st_dev), found.st_nlink
