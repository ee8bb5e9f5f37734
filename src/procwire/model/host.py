"""Rows of the tables of a host: its processes. What numbers mean is answered by whoever read them.

A ``Task`` is a process as the kernel counts it at one moment; ``ProcessRow`` reads it together with a
``HostContext``, which knows names, paths, users and places. The context here answers "not known".
"""

from __future__ import annotations

from typing import Any, NamedTuple

from procwire.model.process import Container, Executable

KERNEL_THREAD = 0x00200000  # PF_KTHREAD, include/linux/sched.h
# task_struct.__state and .exit_state, include/linux/sched.h; the lowest bit that is set decides.
_STATES = (
    (0x0001, "sleeping"),
    (0x0002, "disk-sleep"),
    (0x0004, "stopped"),
    (0x0008, "traced"),
    (0x0040, "parked"),
)
IDLE = 0x402  # TASK_IDLE: a kernel thread with nothing to do
ZOMBIE, DEAD = 0x20, 0x10


class Task(NamedTuple):
    """A process as the kernel has it at one moment. Inode numbers of namespaces are those of /proc/PID/ns."""

    start: int  # CLOCK_BOOTTIME, ns
    executed: int  # goes up with every exec; 0 where it is not known
    runtime: int  # ns of processor time
    cgroup: int  # cgroup v2 id, 0 for not known
    cgroups: int  # the same for processes in the same cgroups of every hierarchy, 0 for not known
    inode: int  # of its program, 0 for none (kernel threads, the exited)
    resident: int  # pages
    virtual: int  # pages
    device: int  # as the kernel has it: major << 20 | minor
    links: int  # names that its program has
    pid: int
    ppid: int
    uid: int
    euid: int
    threads: int
    state: int
    exit_state: int
    flags: int
    netns: int
    mntns: int
    userns: int
    pidns: int
    ns_pid: int
    spare: int
    comm: bytes  # with the zeros behind it


def state_name(task: Task) -> str:
    """What a process is doing, in the words of proc_pid_stat(5)."""
    if task.exit_state & ZOMBIE:
        return "zombie"
    if task.exit_state & DEAD:
        return "dead"
    if not task.state:
        return "running"
    if task.state & IDLE == IDLE:
        return "idle"
    return next((name for bit, name in _STATES if task.state & bit), "unknown")


class HostContext:
    """What numbers cannot say by themselves. Derive from it and answer what you can."""

    page_bytes = 4096
    now = 0  # ns since 1970, when the tasks were read
    impaired: Any = None  # shaping.touching, where somebody looks at what was made bad on purpose

    def start(self, task: Task) -> int | None:  # noqa: ARG002
        """When the process started, ns since 1970."""
        return None

    def name(self, task: Task) -> str | None:
        """Its comm as printable text."""
        return task.comm.rstrip(b"\0").decode("utf-8", "backslashreplace")

    def exe(self, task: Task) -> str | None:  # noqa: ARG002
        """Path of its program."""
        return None

    def cmdline(self, task: Task) -> str | None:  # noqa: ARG002
        """Its command line, secrets masked."""
        return None

    def user(self, uid: int) -> str | None:  # noqa: ARG002
        """The name of a user."""
        return None

    def parent(self, task: Task) -> str | None:  # noqa: ARG002
        """The name of its parent."""
        return None

    def ancestors(self, task: Task) -> tuple[str, ...] | None:  # noqa: ARG002
        """Its parents, nearest first, as ``name:pid``."""
        return None

    def place(self, task: Task, what: str) -> str | None:  # noqa: ARG002
        """Where it lives: cgroup, unit, container, runtime or pod."""
        return None

    def namespace(self, task: Task, kind: str) -> int:
        """Inode of one of its namespaces: net, mnt, user or pid; 0 for not known."""
        found: int = getattr(task, f"{kind}ns")
        return found

    def space(self, inode: int) -> str:  # noqa: ARG002
        """The name of a network namespace."""
        return ""

    def ns_pid(self, task: Task) -> int:
        """Its pid in its own pid namespace, 0 for not known."""
        return task.ns_pid

    def executable(self, task: Task) -> Executable | None:  # noqa: ARG002
        """What is known of its program."""
        return None

    def container(self, task: Task) -> Container | None:  # noqa: ARG002
        """What its runtime says of its container."""
        return None


NO_CONTEXT = HostContext()


class ProcessRow:
    """One row of PROCESSES. ``branch`` is what stands before its name in a tree."""

    __slots__ = ("branch", "host", "task")

    def __init__(self, task: Task, host: HostContext = NO_CONTEXT, branch: str = "") -> None:
        self.task = task
        self.host = host
        self.branch = branch
