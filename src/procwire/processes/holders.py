"""Which processes hold a socket: by the links of /proc/PID/fd, looked at as little as will do.

The kernel keeps no way from a socket to its descriptors. So: what is remembered is checked with one readlink;
an unknown socket is looked for in new processes, in those that opened sockets lately and in those of the
socket's user, newest descriptors first; only then in all, and not more often than ``_pause`` allows. A second
holder is found by its kinship (an inherited descriptor has the same number), a passed one by the next scan
of all. Where the kernel's iterator runs, one survey answers instead of all this: see ``survey``.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import NamedTuple

from procwire.bpf.libbpf import BpfError
from procwire.processes import procfs
from procwire.processes.rings import FIXED
from procwire.processes.survey import Surveyor

MAX_SOCKETS = 1 << 17  # sockets remembered with their holders
MAX_HOLDERS = 64  # holders remembered of one socket
MAX_DESCRIPTORS = 1 << 20  # descriptors remembered of one process
MAX_KIN = 16  # ancestors, and about as many descendants, that may have inherited a socket
MAX_CHILDREN = 8  # the newest, of one process
HOT_PROCESSES = 32  # that opened a socket lately
HOT_DESCRIPTORS = 64  # of one process, that changed lately
PEEK_PROCESSES = 4
PEEK_DESCRIPTORS = 6  # ahead of the newest, and as many of the newest
YOUNG_NS = 2_000_000_000  # a process is looked at first for so long
MIN_PAUSE_NS = 250_000_000  # between two scans of all processes
MAX_YOUNG = 256  # of the young that are looked at first
LIST_RATIO = 4  # listing the processes takes at most one part in five of the time
PAUSE_RATIO = 10  # a scan of all takes at most one part in eleven of the time


class Holder(NamedTuple):
    """A process and its descriptor for a socket."""

    pid: int
    fd: int


class _Process:
    """What is remembered of one process's descriptors."""

    __slots__ = ("fds", "hot", "since", "uid")

    def __init__(self, uid: int, since: int) -> None:
        self.uid = uid
        self.since = since
        self.fds: dict[str, int] = {}  # descriptor -> socket inode, 0 for other files
        self.hot: deque[str] = deque(maxlen=HOT_DESCRIPTORS)


class Holders:
    """Answers who holds a socket inode. For one thread."""

    def __init__(
        self,
        *,
        proc: str = "/proc",
        clock: Callable[[], int] = time.monotonic_ns,
        surveyor: Surveyor | None = None,
    ) -> None:
        self._proc = proc
        self.surveyor = surveyor
        self.problem = ""  # why the kernel's iterator is not asked any more
        self._clock = clock
        self._processes: dict[int, _Process] = {}
        self._holders: OrderedDict[int, list[Holder]] = OrderedDict()
        self._hot: OrderedDict[int, None] = OrderedDict()
        self._denied: set[int] = set()
        self._next_list = 0
        self._next_wide = 0
        self._next_full = 0
        self.links_read = 0
        self.full_scans = 0

    @property
    def pids(self) -> list[int]:
        """The processes of the last look."""
        return list(self._processes)

    def find(self, inode: int, uid: int = -1) -> list[Holder]:
        """The holders of a socket that are known or can be found now; empty when none is seen.

        ``uid`` is the socket's, from sock_diag: where to look first. An empty answer may be for the scan of
        all being not yet due: ask again after ``pause_ns``.
        """
        if inode <= 0:
            return []
        known = self._checked(inode)
        if known:
            return known
        if self.surveyor is not None:
            return self._surveyed(self.surveyor, inode)
        if self._peek(inode):
            return self._holders[inode]
        self._list_processes()
        if self._search(self._likely(), inode):
            return self._holders.get(inode, [])
        if self._clock() >= self._next_wide:
            started = self._clock()
            found = self._search(self._of_user(uid), inode)
            self._next_wide = self._clock() + (self._clock() - started) * PAUSE_RATIO
            if found:
                return self._holders.get(inode, [])
        if self._clock() >= self._next_full:
            self.scan_all()
        return self._holders.get(inode, [])

    @property
    def pause_ns(self) -> int:
        """How long until all processes are looked at again."""
        if self.surveyor is not None:
            return self.surveyor.pause_ns
        return max(0, self._next_full - self._clock())

    def denied(self, uid: int = -1) -> bool:
        """Whether processes (of that user, or any for -1) may not be looked into."""
        uids = (self._processes[pid].uid for pid in self._denied if pid in self._processes)
        return any(uid in (-1, held) for held in uids)

    def scan_all(self) -> None:
        """Look at every descriptor of every process."""
        started = self._clock()
        self._list_processes()
        for pid in list(self._processes):
            self._scan(pid)
        self.full_scans += 1
        ended = self._clock()
        self._next_full = ended + max(MIN_PAUSE_NS, (ended - started) * PAUSE_RATIO)

    def renew(self) -> bool:
        """Have the kernel tell all holders anew; False where that is not due, or cannot be done."""
        if self.surveyor is None:
            return False
        try:
            return self.surveyor.take()
        except BpfError as error:
            self.problem = error.strerror or str(error)
            self.surveyor = None
            return False

    def of_cookie(self, cookie: int) -> list[Holder]:
        """Who held an internet socket, by the kernel's number of it, when the kernel was last asked."""
        if self.surveyor is None:
            return []
        return [Holder(held.pid, held.fd) for held in self.surveyor.of_cookie(cookie)]

    def _surveyed(self, surveyor: Surveyor, inode: int) -> list[Holder]:
        """From the last survey where it still is true, else from a new one."""
        for fresh in (False, True):
            if fresh and not self.renew():
                break
            self._holders[inode] = [Holder(held.pid, held.fd) for held in surveyor.holders(inode)][
                :MAX_HOLDERS
            ]
            while len(self._holders) > MAX_SOCKETS:
                self._holders.popitem(last=False)
            known = self._checked(inode)
            if known:
                return known
        return []

    def _checked(self, inode: int) -> list[Holder]:
        """The remembered holders that still hold it: one readlink each."""
        known = self._holders.get(inode)
        if known is None:
            return []
        held = [holder for holder in known if self._holds(holder, inode)]
        if held:
            self._holders[inode] = held
            self._holders.move_to_end(inode)
            return held
        del self._holders[inode]
        return []

    def _holds(self, holder: Holder, inode: int) -> bool:
        """By its link; a fixed file of an io_uring has none, and is trusted as long as the process lives."""
        if holder.fd == FIXED:
            return procfs.inode(f"{self._proc}/{holder.pid}") != 0
        return self._link(holder.pid, str(holder.fd)) == inode

    def _list_processes(self) -> None:
        """Notice processes that came and went. Those of the first look are not young."""
        now = self._clock()
        if now < self._next_list:
            return
        before, self._processes = self._processes, {}
        since = now if before else now - YOUNG_NS
        for pid in procfs.pids(self._proc):
            known = before.get(pid)
            if known is None:
                known = _Process(self._uid_of(pid), since)
            self._processes[pid] = known
        for pid in [pid for pid in self._hot if pid not in self._processes]:
            del self._hot[pid]
        self._denied &= self._processes.keys()
        ended = self._clock()
        self._next_list = ended + (ended - now) * LIST_RATIO

    def _likely(self) -> list[int]:
        """Where to look first: those that opened a socket lately, and the young, newest first."""
        since = self._clock() - YOUNG_NS
        young = [pid for pid, seen in self._processes.items() if seen.since > since and pid not in self._hot]
        return [*reversed(self._hot), *sorted(young, reverse=True)[:MAX_YOUNG]]

    def _of_user(self, uid: int) -> list[int]:
        return sorted((pid for pid, seen in self._processes.items() if seen.uid == uid), reverse=True)

    def _peek(self, inode: int) -> bool:
        """The next few descriptors of those that opened a socket lately, before any folder is listed."""
        for pid in list(reversed(self._hot))[:PEEK_PROCESSES]:
            seen = self._processes.get(pid)
            if seen is None:
                continue
            newest = [int(name) for name in list(seen.hot)[:PEEK_DESCRIPTORS]]
            ahead = range(newest[0] + 1, newest[0] + 1 + PEEK_DESCRIPTORS) if newest else ()
            for fd in (*ahead, *newest):
                if self._link(pid, str(fd)) == inode:
                    self._changed(pid, seen, str(fd), inode)
                    self._add_kin(inode)
                    return True
        return False

    def _search(self, pids: list[int], inode: int) -> bool:
        for pid in pids:
            if self._scan(pid, inode):
                self._add_kin(inode)
                return True
        return False

    def _scan(self, pid: int, wanted: int = 0) -> bool:
        """Read a process's links, up to the wanted socket if that is named. Says whether it was found."""
        seen = self._processes.get(pid)
        if seen is None:
            return False
        try:
            names = procfs.names(f"{self._proc}/{pid}/fd")
            self._denied.discard(pid)
        except OSError as error:
            if isinstance(error, PermissionError):
                self._denied.add(pid)
            return False
        for name in self._in_order(names, seen):
            inode = self._link(pid, name)
            if inode != seen.fds.get(name, -1):
                self._changed(pid, seen, name, inode)
            if wanted and inode == wanted:
                self._heat(pid)
                return True
        if len(seen.fds) > len(names):
            living = set(names)
            seen.fds = {name: inode for name, inode in seen.fds.items() if name in living}
        return False

    def _in_order(self, names: list[str], seen: _Process) -> Iterable[str]:
        """Unseen descriptors first, then those that changed lately, then the rest, newest first."""
        if not seen.fds:
            return reversed(names)
        unseen = [name for name in names if name not in seen.fds]
        return dict.fromkeys([*reversed(unseen), *seen.hot, *reversed(names)])

    def _changed(self, pid: int, seen: _Process, name: str, inode: int) -> None:
        if len(seen.fds) < MAX_DESCRIPTORS:
            seen.fds[name] = max(0, inode)
        if inode <= 0:
            return
        if name in seen.hot:
            seen.hot.remove(name)
        seen.hot.appendleft(name)
        holders = self._holders.setdefault(inode, [])
        holder = Holder(pid, int(name))
        if holder not in holders and len(holders) < MAX_HOLDERS:
            holders.append(holder)
        while len(self._holders) > MAX_SOCKETS:
            self._holders.popitem(last=False)

    def _heat(self, pid: int) -> None:
        self._hot[pid] = None
        self._hot.move_to_end(pid)
        while len(self._hot) > HOT_PROCESSES:
            self._hot.popitem(last=False)

    def _add_kin(self, inode: int) -> None:
        """Parents and children that inherited the descriptor: it has the same number there."""
        found = self._holders.get(inode)
        if not found:
            return
        first = found[0]
        for pid in self._kin(first.pid):
            for fd in {first.fd, 0}:  # inetd's way is to hand it over as standard input
                holder = Holder(pid, fd)
                if holder not in found and len(found) < MAX_HOLDERS and self._link(pid, str(fd)) == inode:
                    found.append(holder)

    def _kin(self, pid: int) -> list[int]:
        """Ancestors, and the newest descendants where the kernel lists them (CONFIG_PROC_CHILDREN).

        A new socket can only be inherited by a child that is newer still; who holds an old one is learnt
        from the scan of all.
        """
        related: list[int] = []
        parent = pid
        while len(related) < MAX_KIN:
            stat = procfs.parse_stat(self._file(f"{parent}/stat"))
            if stat is None or stat.ppid <= 1:
                break
            parent = stat.ppid
            related.append(parent)
        waiting = deque([pid])
        while waiting and len(related) < 2 * MAX_KIN:
            here = waiting.popleft()
            children = self._file(f"{here}/task/{here}/children").split()[-MAX_CHILDREN:]
            young = [int(child) for child in children if child.isdigit()]
            related += young
            waiting += young
        return related

    def _link(self, pid: int, name: str) -> int:
        """The socket inode of a descriptor; 0 for another kind of file, -1 when it is gone or hidden."""
        self.links_read += 1
        return procfs.socket_inode(f"{self._proc}/{pid}/fd/{name}")

    def _uid_of(self, pid: int) -> int:
        try:
            return os.stat(f"{self._proc}/{pid}").st_uid  # noqa: PTH116
        except OSError:
            return -1

    def _file(self, name: str) -> bytes:
        try:
            return procfs.read(f"{self._proc}/{name}")
        except OSError:
            return b""
