"""The process that puts the network back: when a lease ends, when nobody confirms, when an owner dies.

It is in a session of its own, so that neither a closed terminal nor a signal to the command's group reaches
it. It holds each namespace by a descriptor with a netlink socket inside, the marks of control groups, and a
pidfd of each owner; it needs nothing of the command that started it, which may be killed. One a state
directory, by a lock. On SIGTERM it puts everything back and ends; with nothing left to watch it ends too.

``python -m procwire.shaping.watchdog DIRECTORY``; asked over a socket in the directory, a line each way.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from procwire.shaping import groups, journal, namespace, sockets
from procwire.shaping.apply import Kernel
from procwire.shaping.failure import ShapingError
from procwire.shaping.journal import Entry, Journal
from procwire.shaping.namespace import GoneError
from procwire.shaping.restoring import reached, restore
from procwire.shaping.steps import Mark, Place, Tag

LOCK, SOCKET = "watchdog.lock", "watchdog.sock"
TICK_NS = 1_000_000_000  # between two looks at what nobody tells of
RETRY_NS = 5_000_000_000  # before what could not be put back is tried again
BUSY_NS = 20_000_000  # before the lock is tried again, which a command has
STUCK_NS = 5_000_000_000  # for so long a command may have the lock while something is due
LOOK, HOLD, TELL = "look", "hold", "tell"  # at all entries; at one, and say so; at one, without an answer
MAX_LINE = 4096
MAX_CALLERS = 64  # the one that called first is hung up on when there are more
PATIENCE = 5.0  # seconds that a caller has to take its answer


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


class Watchdog:
    """Watches the entries of a journal."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder)
        self.holds: dict[str, Hold] = {}
        self.failed: dict[str, str] = {}
        self._stopping = False
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = folder / SOCKET
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(16)
        self._callers: dict[int, socket.socket] = {}
        self._wake, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self._waker)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def run(self) -> None:
        """Until nothing is left to watch, or it is told to stop."""
        self.look()
        idle = False
        while not self._stopping:
            if not self.holds and idle:
                break
            idle = not self._wait()
            self._end_what_is_due()
        for identity in list(self.holds):
            self._restore(identity)
        self._listener.close()
        for number in list(self._callers):
            self._hang_up(number)

    def look(self) -> None:
        """Read the journal: hold what is new, let go of what is gone."""
        entries = {entry.id: entry for entry in self.journal.entries() if entry.boot == journal.boot()}
        for identity in [identity for identity in self.holds if identity not in entries]:
            self.holds.pop(identity).close()
        for entry in entries.values():
            self._look_at(entry)

    def look_for(self, identity: str) -> None:
        """The same for one entry."""
        entry = self.journal.get(identity)
        if entry is not None and entry.boot == journal.boot():
            self._look_at(entry)
        elif entry is None and identity in self.holds:
            self.holds.pop(identity).close()

    def _look_at(self, entry: Entry) -> None:
        held = self.holds.get(entry.id)
        if held is not None and held.entry.parts == entry.parts and held.entry.owner == entry.owner:
            held.entry = entry
        elif held is None or held.entry != entry:
            self._hold(entry)

    def _hold(self, entry: Entry) -> None:
        before = self.holds.pop(entry.id, None)
        try:
            self.holds[entry.id] = Hold(entry, before)
            self.failed.pop(entry.id, None)
        except (OSError, ShapingError) as error:
            self.failed[entry.id] = str(error)
            restore(entry, self.journal)
        finally:
            if before is not None:
                before.close()

    def _wait(self) -> bool:
        """Until something happens or is due; whether somebody asked something."""
        poll = select.poll()
        for descriptor in (self._listener.fileno(), self._wake):
            poll.register(descriptor, select.POLLIN)
        owners = {hold.owner: hold for hold in self.holds.values() if hold.owner >= 0 and not hold.is_over}
        for descriptor in (*owners, *self._callers):
            poll.register(descriptor, select.POLLIN)
        due = [hold.next_ns() - journal.now() for hold in self.holds.values()]
        pause = min([TICK_NS, *due])
        asked = False
        for descriptor, _ in poll.poll(max(0, pause) / 1e6):
            if descriptor == self._listener.fileno():
                self._answer(self._accept())
                asked = True
            elif descriptor in self._callers:
                self._answer(descriptor)
                asked = True
            elif descriptor in owners:
                owners[descriptor].is_over = True
            else:
                os.read(self._wake, 64)
        return asked

    def _end_what_is_due(self) -> None:
        now = journal.now()
        for identity, hold in list(self.holds.items()):
            if not hold.is_over and hold.let_go_of_the_dead():
                hold.is_over = True  # its other end may be elsewhere
            if hold.is_due(now):
                failed = hold.put_back(self.journal, now)
                if failed:
                    self.failed[identity] = "; ".join(failed)
                elif failed is not None:
                    self.holds.pop(identity).close()
            elif not hold.is_over:
                hold.tag_again(self.journal)

    def _restore(self, identity: str) -> None:
        """The last thing that it does: nobody is waited for."""
        hold = self.holds.pop(identity)
        restore(hold.entry, self.journal, hold.kernels)
        hold.close()

    def _accept(self) -> int:
        connection, _ = self._listener.accept()
        connection.settimeout(PATIENCE)
        self._callers[connection.fileno()] = connection
        if len(self._callers) > MAX_CALLERS:
            self._hang_up(next(iter(self._callers)))
        return connection.fileno()

    def _hang_up(self, number: int) -> None:
        self._callers.pop(number).close()

    def _answer(self, number: int) -> None:
        """Take what a caller has sent; its lines come whole, as they are short and sent at once."""
        caller = self._callers.get(number)
        if caller is None:
            return
        try:
            lines = caller.recv(MAX_LINE, socket.MSG_DONTWAIT).decode().splitlines()
            for line in lines:
                self._do(caller, *line.split()[:2])
        except BlockingIOError:
            return
        except (OSError, ValueError, ShapingError, TypeError):
            lines = []
        if not lines:
            self._hang_up(number)

    def _do(self, caller: socket.socket, word: str, identity: str = "") -> None:
        if identity:
            self.look_for(identity)
        else:
            self.look()
        if word != TELL:
            told: dict[str, Any] = {"pid": os.getpid(), "held": sorted(self.holds), "failed": self.failed}
            caller.sendall(json.dumps(told).encode() + b"\n")

    def _stop(self, *_: object) -> None:
        self._stopping = True


def main(folder: Path) -> int:
    """Watch, if nobody else does; a byte on standard output says that somebody does."""
    if os.fork():  # nobody's child: whoever started it need not wait for it
        os._exit(0)
    os.chdir("/")
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        _say_ready()
        return 0
    watchdog = Watchdog(folder)
    _say_ready()
    watchdog.run()
    return 0


def _say_ready() -> None:
    """Tell whoever waits, and let go of the last thing that is shared with it."""
    with contextlib.suppress(OSError):
        os.write(1, b"!")
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
