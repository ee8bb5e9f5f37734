"""Processes by (pid, start): read once, and again only after an exec; the exited linger a while.

Reads /proc as it finds it; what it may not read stays empty. It never signals nor traces a process.
"""

from __future__ import annotations

import functools
import os
import pwd
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from msgspec import structs

from procwire.model.process import Executable, ProcessRef
from procwire.processes import containers, masking, procfs
from procwire.processes.cgroups import Cgroups
from procwire.processes.claims import Claim
from procwire.processes.container_names import ContainerNames
from procwire.processes.containers import Place
from procwire.processes.executables import Executables, Programs, resolved

MAX_PROCESSES = 65536  # remembered, the exited included; the least recently used go first
LINGER_NS = 60_000_000_000  # how long an exited process is remembered
MAX_ANCESTORS = 32  # parents of one process that are listed
MAX_USERS = 4096  # user names remembered
FRESH_NS = 5_000_000  # what was read of a process stands for so long, where the kernel vouches for its name
MAX_FRESH = 64  # such processes
INITIAL_CGROUP_NAMESPACE = 0xEFFFFFFB  # PROC_CGROUP_INIT_INO, include/linux/proc_ns.h


class _Entry(NamedTuple):
    ref: ProcessRef
    ticks: int
    exe: str  # as the link reads, to notice an exec


@functools.lru_cache(maxsize=MAX_USERS)
def user_name(uid: int) -> str:
    """The name of a user, the number as text for one without, empty for none."""
    if uid < 0:
        return ""
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return str(uid)


class ProcessTable:
    """Answers who a pid is. For one thread."""

    def __init__(
        self,
        *,
        proc: str = "/proc",
        clock: Callable[[], int] = time.monotonic_ns,
        programs: Programs | None = None,
        names: ContainerNames | None = None,
    ) -> None:
        self._proc = proc
        self._names = names
        self._programs = programs if programs is not None else Executables(proc=proc)
        self._clock = clock
        self._boot = procfs.boot_ns()
        self._entries: OrderedDict[int, _Entry] = OrderedDict()
        self._fresh: dict[int, tuple[ProcessRef, int]] = {}  # by pid: what was read, until when
        self._exited: OrderedDict[tuple[int, int], tuple[int, ProcessRef]] = OrderedDict()
        self._private = self._in_private_cgroups()
        self._cgroups = Cgroups(clock=clock)
        self._depth = 0  # parents that are being read for a child
        self.reads = 0  # processes read in full

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, pid: int) -> ProcessRef | None:
        """The living process of that pid (zombies included), None when there is none."""
        stat = self._stat(pid)
        entry = self._entries.get(pid)
        if stat is None:
            if entry is not None:
                self._retire(pid)
            return None
        exe = procfs.link(f"{self._proc}/{pid}/exe")
        if entry is not None and entry.ticks != stat.start_ticks:
            self._retire(pid)
            entry = None
        # A zombie's exe and cmdline are gone: what was read before stands. A program has its arguments a
        # moment after its file (begin_new_exec comes before create_elf_tables): none are read again.
        same = entry is not None and entry.exe == exe and entry.ref.name == stat.name
        if entry is not None and ((same and (entry.ref.cmdline or not exe)) or stat.state in "ZX"):
            self._entries.move_to_end(pid)
            return self._still(entry, stat)
        ref = self._read(stat, exe)
        self._entries[pid] = _Entry(ref, stat.start_ticks, exe)
        self._entries.move_to_end(pid)
        while len(self._entries) > MAX_PROCESSES:
            self._retire(next(iter(self._entries)))
        return ref

    def _still(self, entry: _Entry, stat: procfs.Stat) -> ProcessRef:
        """What was read of it; with its file as it is now, where that was written to while it ran."""
        ref = entry.ref
        if ref.executable is None or not ref.executable.file or stat.state in "ZX":
            return ref
        program = self._programs.look(stat.pid)
        if program is None or program is ref.executable or program.file == ref.executable.file:
            return ref
        ref = structs.replace(ref, executable=program)
        self._entries[stat.pid] = _Entry(ref, entry.ticks, entry.exe)
        return ref

    def known(self, pid: int, start: int) -> ProcessRef | None:
        """The process of that pid and start, alive or lately exited; None when it is not remembered."""
        living = self.get(pid)
        if living is not None and living.start == start:
            return living
        self._forget()
        exited = self._exited.get((pid, start))
        return exited[1] if exited is not None else None

    def told(self, claim: Claim) -> ProcessRef:
        """The process a source named: as /proc has it, else as the source knew it. Blanks are filled in.

        A process on its way out has lost its exe and arguments, or its arguments alone where it went between
        the two reads; one that was never read has only what the source says.
        """
        start = claim.start
        if not start and claim.since_boot:
            start = procfs.start_ns(self._boot, procfs.ticks(claim.since_boot))
        living = self._lately(claim.pid, claim.name)
        if living is not None and start and living.start != start:
            living = None
        known = living if living is not None or not start else self.known(claim.pid, start)
        # What was read of one that is gone may be from before its last exec.
        if known is not None and known is not living and claim.exe and known.name != claim.name:
            known = structs.replace(known, name=claim.name, exe="", cmdline="", executable=None)
        if known is not None and known.exe and known.cmdline and known.cgroup:
            return known if living is not None else structs.replace(known, ended=self._ended(claim))
        return self._completed(known, claim, start)

    def _lately(self, pid: int, name: str) -> ProcessRef | None:
        """As ``get``: who opens many connections, or starts many that do, is not read anew for each.

        ``name`` is the kernel's word; empty for a process of which it noted nothing, so no new name either.
        """
        now = self._clock()
        if pid in self._fresh:
            ref, until = self._fresh[pid]
            if now < until and name in ("", ref.name):
                return ref
            del self._fresh[pid]
        found = self.get(pid)
        if found is not None:
            if len(self._fresh) >= MAX_FRESH:
                self._fresh.clear()
            self._fresh[pid] = (found, now + FRESH_NS)
        return found

    def _completed(self, known: ProcessRef | None, claim: Claim, start: int) -> ProcessRef:
        """With the source's word where nothing was read."""
        parent = self._lately(claim.ppid, claim.parent) if claim.ppid else None
        if parent is not None and not claim.parent:
            claim = claim._replace(parent=parent.name)
        executable = None
        if claim.inherits and parent is not None and parent.start <= start:
            claim = claim._replace(exe=parent.exe, cmdline=parent.cmdline)
            executable = parent.executable
        elif claim.exe and (known is None or known.executable is None):
            executable = self._programs.vouched(claim.exe, claim.program)
            claim = claim._replace(exe=resolved(claim.exe, claim.program))
        ancestors, nearest = self._lineage(claim)
        place = self._place_of(claim, nearest)
        if known is not None:
            known = structs.replace(known, executable=known.executable or executable)
            return self._mended(known, claim, place, ancestors)
        return ProcessRef(
            pid=claim.pid,
            start=start,
            name=claim.name,
            exe=claim.exe,
            cmdline=claim.cmdline,
            uid=claim.uid,
            user=self.user(claim.uid),
            ppid=claim.ppid,
            parent=claim.parent,
            cgroup=place.cgroup,
            unit=place.unit,
            container=place.container,
            container_runtime=place.runtime,
            pod=place.pod,
            ancestors=ancestors,
            ended=self._ended(claim),
            executable=executable,
            facts=self._names.of(place) if self._names is not None else None,
        )

    def _mended(
        self, known: ProcessRef, claim: Claim, place: Place, ancestors: tuple[str, ...]
    ) -> ProcessRef:
        """A process that was read while it was ending, with what was no more to be read."""
        if not known.cgroup:
            known = structs.replace(
                known, cgroup=place.cgroup, unit=place.unit, container=place.container,
                container_runtime=place.runtime, pod=place.pod,
                facts=self._names.of(place) if self._names is not None else None,
            )  # fmt: skip
        return structs.replace(
            known, exe=known.exe or claim.exe, cmdline=known.cmdline or claim.cmdline,
            ppid=known.ppid or claim.ppid, parent=known.parent or claim.parent,
            ancestors=known.ancestors or ancestors, ended=self._ended(claim),
        )  # fmt: skip

    def _lineage(self, claim: Claim) -> tuple[tuple[str, ...], ProcessRef | None]:
        """The parents as far as they were noted, then those of the nearest that still lives."""
        chain: list[str] = []
        for link in claim.lineage:
            living = self._lately(link.pid, link.name)
            start = procfs.start_ns(self._boot, procfs.ticks(link.since_boot))
            if living is not None and living.start == start:
                return (*chain, f"{living.name}:{living.pid}", *living.ancestors)[:MAX_ANCESTORS], living
            if not link.name:
                break
            chain.append(f"{link.name}:{link.pid}")
        return tuple(chain), None

    def _place_of(self, claim: Claim, nearest: ProcessRef | None) -> Place:
        """Where it lived: by its control group, else where the parent lives that it was forked in.

        Where runtimes use version 1 of control groups, all are in the root of the version 2 tree.
        """
        path = self._cgroups.path(claim.cgroup)
        if path not in ("", "/"):
            return containers.place(f"0::{path}")
        if nearest is None or (claim.cgroup and not path):
            return Place()
        return Place(nearest.cgroup, nearest.unit, nearest.container, nearest.container_runtime, nearest.pod)

    def _ended(self, claim: Claim) -> int:
        """The end by the wall clock of now: the kernel noted it by one that is never set."""
        return time.time_ns() - time.monotonic_ns() + claim.ended if claim.ended else 0

    def _above(self, pid: int) -> ProcessRef | None:
        """A parent, read with its own parents in turn, as deep as is shown."""
        if not pid or self._depth >= MAX_ANCESTORS:
            return None
        self._depth += 1
        try:
            return self.get(pid)
        finally:
            self._depth -= 1

    def parents(self, pid: int, most: int = 32) -> list[ProcessRef]:
        """The chain of parents, nearest first."""
        chain: list[ProcessRef] = []
        ref = self.get(pid)
        while ref is not None and ref.ppid and len(chain) < most:
            ref = self.get(ref.ppid)
            if ref is not None:
                chain.append(ref)
        return chain

    def user(self, uid: int) -> str:
        """The name of a user, the number as text for one without, empty for none."""
        return user_name(uid)

    def _read(self, stat: procfs.Stat, exe: str) -> ProcessRef:
        self.reads += 1
        pid = stat.pid
        status = procfs.parse_status(self._file(pid, "status"))
        place = containers.place(procfs.text_lines(self._file(pid, "cgroup")), private=self._private)
        cmdline = self._file(pid, "cmdline")
        parent = self._above(stat.ppid)
        return ProcessRef(
            pid=pid,
            start=procfs.start_ns(self._boot, stat.start_ticks),
            name=stat.name,
            exe=exe,
            cmdline=masking.command_line(cmdline) if cmdline else "",
            uid=status.uid,
            user=self.user(status.uid),
            ppid=stat.ppid,
            parent=parent.name if parent is not None else "",
            cgroup=place.cgroup,
            unit=place.unit,
            container=place.container,
            container_runtime=place.runtime,
            pod=place.pod,
            netns=procfs.inode(f"{self._proc}/{pid}/ns/net"),
            ns_pid=status.ns_pid,
            ancestors=(
                (f"{parent.name}:{parent.pid}", *parent.ancestors)[:MAX_ANCESTORS]
                if parent is not None
                else ()
            ),
            executable=self._programs.look(pid) if exe else self._without(stat, cmdline),
            facts=self._names.of(place) if self._names is not None else None,
        )

    def _without(self, stat: procfs.Stat, cmdline: bytes) -> Executable | None:
        """Of a process that has arguments, so is no kernel thread and not ending, and runs no file."""
        if stat.kernel or not cmdline:
            return None
        try:
            os.readlink(f"{self._proc}/{stat.pid}/exe")  # noqa: PTH115
        except FileNotFoundError:
            return Executable(path="", absent=True) if self._file(stat.pid, "cmdline") else None
        except OSError:
            return None  # hidden from us
        return None

    def _retire(self, pid: int) -> None:
        entry = self._entries.pop(pid)
        self._exited[pid, entry.ref.start] = (self._clock() + LINGER_NS, entry.ref)
        while len(self._exited) > MAX_PROCESSES:
            self._exited.popitem(last=False)
        self._forget()

    def _forget(self) -> None:
        now = self._clock()
        while self._exited:
            first = next(iter(self._exited))
            if self._exited[first][0] > now:
                return
            del self._exited[first]

    def _stat(self, pid: int) -> procfs.Stat | None:
        return procfs.parse_stat(self._file(pid, "stat"))

    def _file(self, pid: int, name: str) -> bytes:
        try:
            return procfs.read(f"{self._proc}/{pid}/{name}")
        except OSError:
            return b""

    def _in_private_cgroups(self) -> bool:
        return procfs.inode(f"{self._proc}/self/ns/cgroup") not in (0, INITIAL_CGROUP_NAMESPACE)
