"""Names of network namespaces by their inodes, without asking any runtime.

The host's own, where its first process and the kernel's threads are, is ``host``. One that was given a name
(ip-netns(8), Docker) has that; any other is called by the oldest process in it: its container where it is in
one, else ``name:pid``. Who may not tell where the host's first process is calls its own namespace ``own``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from procwire.model.host import KERNEL_THREAD, Task
from procwire.processes import procfs
from procwire.processes.namespaces import FOLDERS

HOST = "host"
OWN = "own"  # this process's, where the host's first process may not be looked at
MAX_NAMED = 4096  # names of a folder that are looked at

Inode = Callable[[Task], int]
Name = Callable[[Task], str]


def named(
    tasks: Iterable[Task], inode: Inode, name: Name, folders: Sequence[str] = FOLDERS
) -> dict[int, str]:
    """A name for every namespace that a task is in, or that has one in a folder.

    ``inode`` gives a task's namespace, ``name`` what one is called by its oldest process.
    """
    found = dict(_given(folders))
    oldest: dict[int, Task] = {}
    for task in tasks:
        space = inode(task)
        known = oldest.get(space)
        if space and (known is None or (task.start, task.pid) < (known.start, known.pid)):
            oldest[space] = task
    for space, task in oldest.items():
        if task.pid == 1 or task.flags & KERNEL_THREAD:
            found[space] = HOST
        elif space not in found:
            found[space] = name(task)
    own = procfs.inode("/proc/self/ns/net")
    if own in oldest and HOST not in found.values():
        found[own] = OWN
    return found


def _given(folders: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Names that namespaces are mounted under; what is no namespace is on another file system."""
    device = _device("/proc/self/ns/net")
    for folder in folders:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for number, entry in enumerate(entries):
                if number >= MAX_NAMED:
                    break
                with contextlib.suppress(OSError):
                    status = entry.stat()
                    if status.st_dev == device:
                        yield status.st_ino, procfs.text(os.fsencode(entry.name))


def _device(path: str) -> int:
    try:
        return os.stat(path).st_dev  # noqa: PTH116
    except OSError:
        return -1
