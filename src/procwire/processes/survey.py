"""Who holds which socket, all at once: by the kernel's file iterator, else by every link of /proc/PID/fd.

Sees what no single look does: inherited and passed descriptors, sockets older than procwire, and those that
an io_uring holds without a descriptor.
"""

from __future__ import annotations

import os
import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from procwire.bpf.libbpf import BpfError
from procwire.bpf.tasks import RING, Holder
from procwire.processes import procfs, rings
from procwire.processes.tasks import KernelTasks

MAX_HOLDERS = 1 << 20  # descriptors of sockets that are looked at in one survey
MIN_PAUSE_NS = 20_000_000  # between two surveys
PAUSE_RATIO = 10  # a survey takes at most one part in eleven of the time
MAX_NAMED = 3  # processes that a reason names
_RING_LINK = "anon_inode:[io_uring]"


class Held(NamedTuple):
    """A process and its descriptor for a socket; ``fd`` is rings.FIXED where an io_uring holds it."""

    pid: int
    fd: int
    inode: int
    cookie: int = 0


class _Rows:
    """Holders by inode and by cookie, 40 bytes each: a host may have a hundred thousand sockets."""

    def __init__(self, held: Iterable[Held]) -> None:
        inodes, cookies = array("Q"), array("Q")
        pids, fds = array("i"), array("i")
        for row in held:
            inodes.append(row.inode)
            pids.append(row.pid)
            fds.append(row.fd)
            cookies.append(row.cookie)
        order = array("I", sorted(range(len(inodes)), key=inodes.__getitem__))
        self._inodes = array("Q", map(inodes.__getitem__, order))
        self._pids = array("i", map(pids.__getitem__, order))
        self._fds = array("i", map(fds.__getitem__, order))
        self._cookies = array("Q", map(cookies.__getitem__, order))
        self._by_cookie = array("I", sorted(range(len(inodes)), key=self._cookies.__getitem__))

    def of_inode(self, inode: int) -> list[Held]:
        """Every holder of a socket."""
        row, found = bisect_left(self._inodes, inode), []
        while row < len(self._inodes) and self._inodes[row] == inode:
            found.append(Held(self._pids[row], self._fds[row], inode, self._cookies[row]))
            row += 1
        return found

    def of_cookie(self, cookie: int) -> list[Held]:
        """The same, by the kernel's number of an internet socket; 0 is none."""
        place = bisect_left(self._by_cookie, cookie, key=self._cookies.__getitem__)
        if not cookie or place >= len(self._by_cookie):
            return []
        row = self._by_cookie[place]
        return self.of_inode(self._inodes[row]) if self._cookies[row] == cookie else []


class Surveyor:
    """Surveys by the kernel's iterator, not more often than their cost allows. For one thread."""

    def __init__(
        self, kernel: KernelTasks, *, proc: str = "/proc", clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._kernel = kernel
        self._proc = proc
        self._clock = clock
        self._next = 0
        self._held = _Rows(())
        self.taken = 0  # when the last survey began, monotonic ns
        self.count = 0
        self.refused: frozenset[int] = frozenset()  # processes that could not be looked at

    @property
    def pause_ns(self) -> int:
        """How long until another may be taken."""
        return max(0, self._next - self._clock())

    def holders(self, inode: int) -> list[Held]:
        """Who held a socket at the last survey."""
        return self._held.of_inode(inode)

    def of_cookie(self, cookie: int) -> list[Held]:
        """As ``holders``, by the kernel's own number of an internet socket."""
        return self._held.of_cookie(cookie)

    def take(self) -> bool:
        """Survey anew; False where it is not due yet. Raises BpfError."""
        started = self._clock()
        if started < self._next:
            return False
        refused: set[int] = set()
        self._held, self.taken = _Rows(by_kernel(self._kernel, self._proc, refused)), started
        self.refused = frozenset(refused)
        self.count += 1
        ended = self._clock()
        self._next = ended + max(MIN_PAUSE_NS, (ended - started) * PAUSE_RATIO)
        return True


def by_kernel(kernel: KernelTasks, proc: str = "/proc", refused: set[int] | None = None) -> Iterator[Held]:
    """Every holder, in one read, over when this returns; ``refused`` as ``by_files``. Raises BpfError."""
    rows = kernel.holders()
    return chain(islice(_told(rows, proc), MAX_HOLDERS), by_files(kernel.blind, proc, refused))


def _told(rows: Iterable[Holder], proc: str) -> Iterator[Held]:
    for each in rows:
        if each.kind == RING:
            for inode in rings.sockets(each.pid, each.fd, proc):
                yield Held(each.pid, rings.FIXED, inode)
        else:
            yield Held(each.pid, each.fd, each.inode, each.cookie)


def by_files(pids: Iterable[int], proc: str = "/proc", refused: set[int] | None = None) -> Iterator[Held]:
    """The holders among some processes, by their links; who may not be looked at is put into ``refused``."""
    refused = set() if refused is None else refused
    for pid in pids:
        folder = f"{proc}/{pid}/fd"
        try:
            names = procfs.names(folder)
        except OSError as error:
            _note(refused, pid, error)
            continue
        for name in names:
            try:
                target = os.readlink(f"{folder}/{name}")  # noqa: PTH115
            except OSError as error:
                if _note(refused, pid, error):
                    break
                continue
            if target.startswith("socket:["):
                yield Held(pid, int(name), int(target[8:-1]))
            elif target == _RING_LINK:
                for inode in rings.sockets(pid, int(name), proc):
                    yield Held(pid, rings.FIXED, inode)


def _note(refused: set[int], pid: int, error: OSError) -> bool:
    """No right to look is no answer; a process that is gone is one."""
    if isinstance(error, PermissionError):
        refused.add(pid)
        return True
    return False


class Survey(NamedTuple):
    """The holders of every socket by its inode; whether the kernel told them; who could not be looked at."""

    held: dict[int, list[Held]]
    told: bool
    refused: frozenset[int]


def survey(kernel: KernelTasks | None, proc: str = "/proc") -> Survey:
    """Look at everybody once."""
    told, refused = kernel is not None, set[int]()
    held: Iterable[Held] = ()
    if kernel is not None:
        try:
            held = by_kernel(kernel, proc, refused)
        except BpfError:
            told = False
    if not told:
        held = by_files(procfs.pids(proc), proc, refused)
    found: dict[int, list[Held]] = {}
    for each in held:
        found.setdefault(each.inode, []).append(each)
    return Survey(found, told, frozenset(refused))


def unseen(refused: frozenset[int]) -> str:
    """Why a socket has no holder that is seen, where some processes could not be looked at."""
    pids = sorted(refused)
    named = ", ".join(map(str, pids[:MAX_NAMED]))
    more = f" and {len(pids) - MAX_NAMED} more" if len(pids) > MAX_NAMED else ""
    return f"no process that may be looked at holds its socket; refused: pid {named}{more}"
