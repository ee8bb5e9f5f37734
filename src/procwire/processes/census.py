"""The whole process table at one moment, and what its numbers mean: names, programs, users, places.

Numbers come from the kernel's iterators where they may run, else from /proc. /proc is read besides only for
what is new: the path of a program not seen yet, the command line of a process that is new or ran exec, and
once for all that share their cgroups. Refuses to follow a process: each ``take`` is a picture of its own.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterable

from procwire.bpf import probe
from procwire.bpf.libbpf import BpfError
from procwire.model.host import HostContext, Task
from procwire.model.process import Container, Executable, ProcessRef
from procwire.processes import containers, masking, procfs, proctasks, spaces, tasks
from procwire.processes.container_names import ContainerNames
from procwire.processes.containers import Place
from procwire.processes.executables import Executables
from procwire.processes.proctasks import ProcTasks
from procwire.processes.table import INITIAL_CGROUP_NAMESPACE, user_name
from procwire.processes.tasks import KernelTasks

MAX_NAMES = 65536  # different comms that are remembered as text
MAX_COMMANDS = 4096  # masked command lines that are remembered
MANY = 16  # where more than one process in so many is new, all command lines are read at once
MAX_ANCESTORS = 32
NOBODY = Place()
_TICK_NS = procfs.start_ns(0, 1)

Command = tuple[int, int, int]  # pid, start, executed
Program = tuple[int, int, int, int, int]


class Census(HostContext):
    """Takes the table, then answers for its rows (see HostContext); a context manager. For one thread.

    ``source`` says where the numbers are from, ``problem`` why it is not the kernel's iterators. With
    ``hashes``, a program whose column is read is hashed then.
    """

    def __init__(
        self,
        *,
        proc: str = "/proc",
        open_kernel: Callable[[], KernelTasks] = KernelTasks,
        clock: Callable[[], int] = time.time_ns,
        hashes: bool = False,
        names: ContainerNames | None = None,
    ) -> None:
        self.page_bytes = os.sysconf("SC_PAGE_SIZE")
        self.now = 0
        self.problem = ""
        self._proc = proc
        self._clock = clock
        self._hashes = hashes
        self._executables = Executables(proc=proc)
        self._names = names if names is not None else ContainerNames()
        self._kernel: KernelTasks | None = None
        self._files = ProcTasks(proc)
        try:
            self._kernel = open_kernel()
        except BpfError as error:
            self.problem = probe.explained(error, tasks.OBJECT)
        self.source = tasks.SOURCE if self._kernel is not None else proctasks.SOURCE
        self._boot = procfs.boot_ns()
        self._private = procfs.inode(f"{proc}/self/ns/cgroup") not in (0, INITIAL_CGROUP_NAMESPACE)
        self._by_pid: dict[int, Task] = {}
        self._commands: dict[Command, bytes] = {}
        self._programs: dict[Program, str] = {}
        self._exes: dict[int, str] = {}
        self._spaces: dict[int, str] | None = None  # names of network namespaces, once asked for
        self._places: dict[int, Place] = {}

    def __enter__(self) -> Census:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the kernel's programs go."""
        if self._kernel is not None:
            self._kernel.close()
            self._kernel = None

    @property
    def silent(self) -> dict[str, str]:
        """Runtimes whose API did not tell the names of containers, and why."""
        return self._names.problems

    @property
    def kernel(self) -> KernelTasks | None:
        """The iterators, where they run."""
        return self._kernel

    def ref(self, task: Task) -> ProcessRef:
        """The process as owners are chosen by."""
        return ProcessRef(
            pid=task.pid, start=task.start, name=self.name(task), exe=self.exe(task) or "", ppid=task.ppid
        )

    def take(self, *, commands: bool = True) -> list[Task]:
        """Every process now, by pid. Raises OSError when /proc cannot be listed either."""
        found = self._numbers()
        self.now = self._clock()
        self._by_pid = {task.pid: task for task in found}
        self._spaces = None
        self._read_programs(found)
        self._read_places(found)
        if commands:
            self._read_commands(found)
        return found

    # HostContext.

    def start(self, task: Task) -> int | None:
        """See HostContext; to the clock tick, as /proc has it."""
        return self._boot + task.start - task.start % _TICK_NS

    def name(self, task: Task) -> str:
        """See HostContext."""
        return _name(task.comm)

    def exe(self, task: Task) -> str | None:
        """See HostContext."""
        return self._exes.get(task.pid)

    def cmdline(self, task: Task) -> str | None:
        """See HostContext."""
        raw = self._commands.get((task.pid, task.start, task.executed))
        return _command_line(raw) if raw else None

    def user(self, uid: int) -> str:
        """See HostContext."""
        return user_name(uid)

    def parent(self, task: Task) -> str | None:
        """See HostContext."""
        parent = self._by_pid.get(task.ppid)
        return _name(parent.comm) if parent is not None else None

    def ancestors(self, task: Task) -> tuple[str, ...]:
        """See HostContext."""
        chain: list[str] = []
        above = self._by_pid.get(task.ppid)
        while above is not None and len(chain) < MAX_ANCESTORS:
            chain.append(f"{_name(above.comm)}:{above.pid}")
            above = self._by_pid.get(above.ppid) if above.ppid != above.pid else None
        return tuple(chain)

    def place(self, task: Task, what: str) -> str:
        """See HostContext."""
        found: str = getattr(self._places.get(task.cgroups, NOBODY), what)
        return found

    def executable(self, task: Task) -> Executable | None:
        """See HostContext; looked at only now, and not for a pid that is another process's by now."""
        if not task.inode:
            return None
        found = self._executables.hashed(task.pid) if self._hashes else self._executables.look(task.pid)
        return found if found is not None and found.path == (self.exe(task) or found.path) else None

    def container(self, task: Task) -> Container | None:
        """See HostContext."""
        return self._names.of(self._places.get(task.cgroups, NOBODY), follow=False)

    def namespace(self, task: Task, kind: str) -> int:
        """See HostContext; read only now where the task is from /proc."""
        found: int = getattr(task, f"{kind}ns")
        if found:
            return found
        return procfs.inode(f"{self._proc}/{task.pid}/ns/{kind}")

    def space(self, inode: int) -> str:
        """The name of a network namespace, empty for one that is not known; see ``spaces``."""
        if self._spaces is None:
            self._spaces = spaces.named(
                self._by_pid.values(), lambda task: self.namespace(task, "net"), self._called
            )
        return self._spaces.get(inode, "")

    def _called(self, task: Task) -> str:
        """What a namespace is called by its oldest process."""
        found = self.container(task)
        return (found.name or found.id) if found is not None else f"{self.name(task)}:{task.pid}"

    def ns_pid(self, task: Task) -> int:
        """See HostContext; as ``namespace``."""
        if task.ns_pid:
            return task.ns_pid
        return procfs.parse_status(self._file(task.pid, "status")).ns_pid

    # Inner steps.

    def _numbers(self) -> list[Task]:
        if self._kernel is not None:
            try:
                found = self._kernel.tasks()
            except BpfError as error:
                self.problem = error.strerror or str(error)
                self.source = proctasks.SOURCE
                self.close()
            else:
                return found + [task for pid in self._kernel.blind if (task := self._files.task(pid))]
        return self._files.tasks()

    def _read_programs(self, found: Iterable[Task]) -> None:
        """The path of each program once; of one with several names, or deleted, by process."""
        before, self._programs, self._exes = self._programs, {}, {}
        for task in found:
            if not task.inode:
                continue
            # What stands for one path: a file with one name in one mount namespace, else also the process.
            key = (task.inode, task.device, task.links, task.mntns, 0 if task.links == 1 else task.pid)
            path = self._programs.get(key)
            if path is None:
                path = before.get(key) or procfs.link(f"{self._proc}/{task.pid}/exe")
                self._programs[key] = path
            self._exes[task.pid] = path

    def _read_places(self, found: Iterable[Task]) -> None:
        """Read anew each time: a runtime may use the same cgroups for another container later."""
        self._places = {}
        for task in found:
            if task.cgroups not in self._places:
                text = self._file(task.pid, "cgroup")
                if text or not task.cgroups:
                    self._places[task.cgroups] = containers.place(
                        procfs.text_lines(text), private=self._private
                    )
        if any(place.container for place in self._places.values()):
            self._names.ask()

    def _read_commands(self, found: list[Task]) -> None:
        before, self._commands = self._commands, {}
        wanted = []
        for task in found:
            key = (task.pid, task.start, task.executed)
            known = before.get(key) if task.executed else None
            if known is not None:
                self._commands[key] = known
            elif task.inode:
                wanted.append(key)
        told = self._told(len(wanted) * MANY > len(found))
        for key in wanted:
            raw = told.get(key[0], b"")
            # A title that a process wrote over its arguments does not end where they did.
            if not raw or raw[-1]:
                raw = self._file(key[0], "cmdline")
            self._commands[key] = raw

    def _told(self, many: bool) -> dict[int, bytes]:
        if self._kernel is None or not many:
            return {}
        try:
            return self._kernel.arguments() or {}
        except BpfError:
            return {}

    def _file(self, pid: int, name: str) -> bytes:
        try:
            return procfs.read(f"{self._proc}/{pid}/{name}")
        except OSError:
            return b""


@functools.lru_cache(maxsize=MAX_NAMES)
def _name(comm: bytes) -> str:
    return procfs.text(comm.partition(b"\0")[0])


@functools.lru_cache(maxsize=MAX_COMMANDS)
def _command_line(raw: bytes) -> str:
    return masking.command_line(raw)
