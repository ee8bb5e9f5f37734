"""Forks, execs and exits as rows: each with its process's program, arguments, parents, user and place.

A process is followed from its birth, or from the census at the start, to its exit; what an event itself does
not say is known from there. Parents are those that it was born of: a child of one that ended keeps them.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import NamedTuple

from procwire.bpf import lifecycle
from procwire.bpf.lifecycle import Event
from procwire.model import lives
from procwire.model.host import Task
from procwire.model.lives import LifeRow
from procwire.processes import containers, masking, procfs
from procwire.processes.census import Census
from procwire.processes.cgroups import Cgroups
from procwire.processes.container_names import ContainerNames
from procwire.processes.containers import Place
from procwire.processes.table import MAX_ANCESTORS, user_name

MAX_LIVES = 65536  # processes that are followed; those not heard of longest go first
_ACTIONS = {lifecycle.FORK: lives.FORK, lifecycle.EXEC: lives.EXEC, lifecycle.EXIT: lives.EXIT}
_PLACED = ("cgroup", "unit", "container", "runtime", "pod")


class _Life(NamedTuple):
    """A process that is followed."""

    start: int  # CLOCK_BOOTTIME, ns; 0 for not known
    name: str
    exe: str
    cmdline: str
    uid: int
    ppid: int
    parent: str
    ancestors: tuple[str, ...]
    place: Place
    netns: int
    parent_exe: str = ""
    parent_cmdline: str = ""


class Chronicle:
    """Makes rows of events, in their order. For one thread."""

    def __init__(self, *, names: ContainerNames | None = None, proc: str = "/proc") -> None:
        self._proc = proc
        self._names = names if names is not None else ContainerNames()
        self._cgroups = Cgroups()
        self._boot = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        self._lives: OrderedDict[int, _Life] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lives)

    def close(self) -> None:
        """Stop asking for the names of containers."""
        self._names.close()

    def begin(self, tasks: Iterable[Task], census: Census) -> None:
        """Take over the processes that are there already."""
        for task in tasks:
            place = Place(*(census.place(task, what) for what in _PLACED))
            self._lives[task.pid] = _Life(
                task.start, census.name(task), census.exe(task) or "", census.cmdline(task) or "", task.euid,
                task.ppid, census.parent(task) or "", census.ancestors(task), place, task.netns,
            )  # fmt: skip
        for pid, life in self._lives.items():
            above = self._lives.get(life.ppid)
            if above is not None:
                told = life._replace(parent_exe=above.exe, parent_cmdline=above.cmdline)
                self._lives[pid] = told

    def row(self, event: Event) -> LifeRow:
        """The row of an event."""
        life = self._followed(event)
        if event.kind == lifecycle.EXIT:
            self._lives.pop(event.pid, None)
        else:
            self._lives[event.pid] = life
            self._lives.move_to_end(event.pid)
            if len(self._lives) > MAX_LIVES:
                self._lives.popitem(last=False)
        return self._made(event, life)

    def _followed(self, event: Event) -> _Life:
        """The life as it is after the event."""
        known = self._lives.get(event.pid)
        if known is not None and event.start and known.start and event.start != known.start:
            known = None
        if event.kind == lifecycle.FORK or known is None:
            known = self._born(event)
        name = procfs.text(event.comm) or known.name
        uid = event.uid if event.uid >= 0 else known.uid
        if event.kind != lifecycle.EXEC:
            return known._replace(name=name, uid=uid)
        return known._replace(
            name=name,
            uid=uid,
            start=event.start or known.start,
            exe=procfs.text(event.exe),
            cmdline=masking.command_line(event.args) if event.args else "",
            place=self._place(event, known.place),
            netns=event.netns or known.netns,
        )

    def _born(self, event: Event) -> _Life:
        """A copy of the parent, until it becomes another program."""
        above = self._lives.get(event.ppid)
        if above is None:
            return _Life(event.start, "", "", "", event.uid, event.ppid, "", (), self._place(event, Place()),
                         event.netns)  # fmt: skip
        ancestors = (f"{above.name}:{event.ppid}", *above.ancestors)[:MAX_ANCESTORS]
        place = self._place(event, above.place) if event.cgroup else above.place
        return above._replace(
            start=event.start, ppid=event.ppid, parent=above.name, ancestors=ancestors, place=place,
            netns=event.netns or above.netns, parent_exe=above.exe, parent_cmdline=above.cmdline,
        )  # fmt: skip

    def _place(self, event: Event, before: Place) -> Place:
        """By its control group; where that says nothing, as /proc has it, and else as before."""
        path = self._cgroups.path(event.cgroup)
        if path not in ("", "/"):
            return containers.place(f"0::{path}")
        try:
            text = procfs.read(f"{self._proc}/{event.pid}/cgroup")
        except OSError:
            return before
        return containers.place(procfs.text_lines(text))

    def _made(self, event: Event, life: _Life) -> LifeRow:
        place = life.place
        row = LifeRow(
            time=self._boot + event.time,
            action=_ACTIONS.get(event.kind, "unknown"),
            pid=event.pid,
            ppid=life.ppid,
            name=life.name,
            parent=life.parent,
            parent_exe=life.parent_exe,
            parent_cmdline=life.parent_cmdline,
            ancestors=life.ancestors,
            exe=life.exe,
            cmdline=life.cmdline,
            uid=life.uid,
            user=user_name(life.uid),
            start=self._boot + life.start if life.start else 0,
            cgroup=place.cgroup,
            unit=place.unit,
            container=place.container,
            container_runtime=place.runtime,
            pod=place.pod,
            facts=self._names.of(place),
            netns=life.netns,
        )
        if event.kind == lifecycle.EXIT:
            _end(row, event, life.start)
        return row


def _end(row: LifeRow, event: Event, start: int) -> None:
    """What only an exit tells."""
    if start:
        row.lifetime = max(0, event.time - start)
    row.runtime = event.runtime
    if os.WIFSIGNALED(event.exit_code):
        row.exit_signal = os.WTERMSIG(event.exit_code)
    elif os.WIFEXITED(event.exit_code):
        row.exit_code = os.WEXITSTATUS(event.exit_code)
