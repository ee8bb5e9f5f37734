"""Paths of control groups by their ids in the version 2 tree, for processes that are gone.

A group's id is the inode of its folder (kernfs, since Linux 5.5 on 64-bit machines). A group that is gone too
is remembered while there is room. Looks through the tree no more often than that may cost.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator

from procwire.bpf import cgroup
from procwire.bpf.libbpf import BpfError

MAX_GROUPS = 65536  # paths remembered; those not seen longest go first
MIN_PAUSE_NS = 100_000_000  # between two looks through the tree
PAUSE_RATIO = 20  # which take at most one part in so many of the time


class Cgroups:
    """Answers with a path like /system.slice/ssh.service; empty where it is not known. For one thread."""

    def __init__(self, root: str | None = None, *, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._root = root
        self._clock = clock
        self._known: OrderedDict[int, str] = OrderedDict()
        self._next = 0
        self.looks = 0

    def path(self, identity: int) -> str:
        """The path of a group; "/" is the root."""
        found = self._known.get(identity, "")
        if not found and identity:
            self._look()
            found = self._known.get(identity, "")
        return found

    def _look(self) -> None:
        started = self._clock()
        if started < self._next:
            return
        self.looks += 1
        for number, path in self._walk():
            self._known[number] = path
            self._known.move_to_end(number)
        while len(self._known) > MAX_GROUPS:
            self._known.popitem(last=False)
        ended = self._clock()
        self._next = ended + max(MIN_PAUSE_NS, (ended - started) * PAUSE_RATIO)

    def _walk(self) -> Iterator[tuple[int, str]]:
        try:
            root = self._root if self._root is not None else cgroup.root()
            yield os.stat(root).st_ino, "/"  # noqa: PTH116
        except (OSError, BpfError):
            return
        waiting, count = [""], 0
        while waiting and count < MAX_GROUPS:
            path = waiting.pop()
            try:
                with os.scandir(root + path) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            count += 1
                            waiting.append(f"{path}/{entry.name}")
                            yield entry.inode(), f"{path}/{entry.name}"
            except OSError:
                continue
