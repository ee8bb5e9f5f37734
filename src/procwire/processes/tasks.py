"""All processes and all holders of sockets by the kernel's iterators: one read each, nothing of /proc.

Needs no more than the right to load the programs (see ``bpf.probe``). The kernel's pids are those of the
initial pid namespace, so it refuses to run in another one.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator

from procwire.bpf import probe, tasks
from procwire.bpf.libbpf import BpfError
from procwire.bpf.loader import Object, read_object
from procwire.bpf.tasks import Holder
from procwire.model.host import Task
from procwire.processes import procfs

OBJECT = "iterators"
SOURCE = "bpf-iterator"
INITIAL_PID_NAMESPACE = 0xEFFFFFFC  # PROC_PID_INIT_INO, include/linux/proc_ns.h
REQUIRED = frozenset({"processes"})  # for the process table; the holders stand alone


class KernelTasks:
    """Loads the iterators when made; a context manager. Raises BpfError when they cannot run here.

    ``missing`` names those that this kernel does without, with the reason.
    """

    def __init__(self, *, content: bytes | None = None, required: frozenset[str] = REQUIRED) -> None:
        if procfs.inode("/proc/self/ns/pid") not in (0, INITIAL_PID_NAMESPACE):
            raise BpfError(
                errno.EXDEV, "runs in a pid namespace of its own: the kernel's pids mean others here"
            )
        self.missing: dict[str, str] = {}
        content = content if content is not None else read_object(OBJECT)
        self._tables = tasks.Tables()
        self._blind: frozenset[int] | None = None
        self._object = self._open(content, required)

    def __enter__(self) -> KernelTasks:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the programs go."""
        self._object.close()

    def tasks(self) -> list[Task]:
        """Every process but the ``blind`` ones."""
        found = self._tables.read(self._object.iterate("processes"))
        if self._blind is None:
            self._blind = frozenset({task.ppid for task in found} - {task.pid for task in found} - {0})
        return found

    @property
    def blind(self) -> frozenset[int]:
        """Parents without a row of their own: some kernels leave their first process out of the iterators."""
        if self._blind is None and "processes" not in self.missing:
            with contextlib.suppress(BpfError):
                self.tasks()
        return self._blind or frozenset()

    def arguments(self) -> dict[int, bytes] | None:
        """The command line of every process that has one; None where this kernel cannot tell."""
        if "arguments" in self.missing:
            return None
        return tasks.arguments(self._object.iterate("arguments"))

    def holders(self) -> Iterator[Holder]:
        """Every descriptor that is a socket or an io_uring."""
        return tasks.holders(self._object.iterate("holders"))

    def _open(self, content: bytes, required: frozenset[str]) -> Object:
        try:
            return _started(Object(content))
        except BpfError:
            verdicts = probe.programs(content, OBJECT)
            refused = {verdict.program: verdict.reason for verdict in verdicts if verdict.reason}
            if not refused or required & refused.keys():
                raise
        self.missing = refused
        return _started(Object(content, accept=lambda name: name not in refused))


def _started(made: Object) -> Object:
    try:
        made.load()
        made.attach()
    except BpfError:
        made.close()
        raise
    return made
