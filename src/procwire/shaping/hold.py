"""One impairment, held: its namespaces with a netlink socket in each, its marks, and its owner's pidfd."""

from __future__ import annotations

import contextlib
import os

from procwire.shaping import groups, namespace, sockets
from procwire.shaping.apply import Kernel
from procwire.shaping.failure import ShapingError
from procwire.shaping.journal import Entry, Journal
from procwire.shaping.namespace import GoneError
from procwire.shaping.restoring import reached, restore
from procwire.shaping.steps import Mark, Place, Tag

RETRY_NS = 5_000_000_000  # before what could not be put back is tried again
BUSY_NS = 20_000_000  # before the lock is tried again, which a command has
STUCK_NS = 5_000_000_000  # for so long a command may have the lock while something is due


class Hold:
    """One entry, and what keeps it in reach."""

    def __init__(self, entry: Entry, before: Hold | None = None) -> None:
        """``before`` gives its namespaces over, and keeps its marks until it is closed."""
        self.entry = entry
        self.marks: list[int] = []  # descriptors that hold the marks put here
        self.kernels: dict[int, Kernel] = {}
        if before is not None:
            self.kernels, before.kernels = before.kernels, self.kernels
        self.owner = -1
        self.retry_ns = 0
        self.busy_ns = 0  # since when a command keeps what is due from being put back
        self.look_ns = 0  # when its target is looked for again
        self.is_gone = False  # its target has ended
        self.is_over = False  # its owner has ended, or its target
        try:
            self._open()
        except (OSError, ShapingError):
            self.close()
            raise

    def close(self) -> None:
        """Let go: the marks end, and a namespace may end."""
        for kernel in self.kernels.values():
            kernel.close()
            kernel.namespace.close()
        self.kernels.clear()
        while self.marks:
            os.close(self.marks.pop())
        if self.owner >= 0:
            os.close(self.owner)
            self.owner = -1

    def let_go_of_the_dead(self) -> bool:
        """Close namespaces that live on only because they are held here; whether there was one."""
        names: dict[int, str] | None = None
        lived: dict[int, list[int]] = {}
        dead = []
        for inode, kernel in self.kernels.items():
            with contextlib.suppress(OSError):
                if os.stat(kernel.namespace.place.path).st_ino == inode:  # noqa: PTH116
                    continue
            if names is None:
                names, lived = namespace.named(), namespace.lived_in()
            path = names.get(inode) or (f"/proc/{lived[inode][0]}/ns/net" if inode in lived else "")
            if path:
                kernel.namespace.place = Place(path=path, inode=inode)
            else:
                dead.append(inode)
        for inode in dead:
            gone = self.kernels.pop(inode)
            gone.close()
            gone.namespace.close()
        return bool(dead)

    def is_due(self, now: int) -> bool:
        """Whether it ends now."""
        return (self.is_over or self.entry.deadline_ns <= now) and self.retry_ns <= now

    def next_ns(self) -> int:
        """When there is something to do about it, whatever happens."""
        return self.retry_ns if self.is_over else max(self.entry.deadline_ns, self.retry_ns)

    def tag_again(self, kept: Journal) -> None:
        """Connections that were accepted since the last look: while nobody clears, and if nobody has."""
        tags = [step for part in self.entry.parts for step in part.steps if isinstance(step, Tag)]
        if not tags:
            return
        with kept.quiet() as free:
            if not free or kept.get(self.entry.id) is None:
                return
            for step in tags:
                with contextlib.suppress(ShapingError, OSError):
                    sockets.tag(step)

    def put_back(self, kept: Journal, now: int) -> list[str] | None:
        """Undo it while nobody shapes, by what the journal says of it now; what failed. None: not yet.

        It may have been confirmed at the last moment. What was cleared is not there any more, and undoing it
        again does nothing. A command that was stopped with the lock in its hands is not waited for.
        """
        with kept.quiet() as free:
            if not free:
                self.busy_ns = self.busy_ns or now
                if now - self.busy_ns < STUCK_NS:
                    self.retry_ns = now + BUSY_NS
                    return None
            self.busy_ns = 0
            self.entry = kept.get(self.entry.id) or self.entry
            if not self.is_due(now):
                return None
            failed = restore(self.entry, kept, self.kernels)
            self.retry_ns = now + RETRY_NS
            return failed

    def _open(self) -> None:
        if self.entry.owner is not None:
            if groups.start_of(self.entry.owner.pid) != self.entry.owner.start:
                raise GoneError("its owner has ended")
            self.owner = os.pidfd_open(self.entry.owner.pid)
        for part in self.entry.parts:
            kernel = self.kernels.get(part.place.inode)
            if kernel is None:
                kernel = self.kernels[part.place.inode] = Kernel(reached(part.place))
            for step in part.steps:
                if isinstance(step, Mark):
                    self.marks.append(groups.mark(step.cgroup, step.priority))
