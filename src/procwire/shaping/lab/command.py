"""The command that lives in the lab: started in its namespace, signalled, waited for.

No shell and no helper program: fork, setns, exec. When this process dies, whatever way, the command is told
to end (PR_SET_PDEATHSIG): its network is gone with this process.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from procwire.shaping.lab import namespaces
from procwire.shaping.lab.signals import WATCHED

NOT_FOUND, NOT_RUNNABLE = 127, 126  # as shells have them
_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG


@dataclass(frozen=True, slots=True)
class Caller:
    """Who runs the command: under sudo, the user who called it."""

    user: int
    group: int


class Command:
    """``code`` is its exit code once it has ended; a signal counts 128 and its number."""

    def __init__(
        self,
        words: Sequence[str],
        namespace: int,
        *,
        more: Mapping[str, str],
        caller: Caller | None,
        files: tuple[int, int] | None = None,
    ) -> None:
        """``files``: its limit of descriptors, where that is not this process's."""
        self.words = list(words)
        self.code: int | None = None
        self.fault = ""
        reading, writing = os.pipe2(os.O_CLOEXEC)
        self._descriptor = -1
        self.pid = os.fork()
        if self.pid == 0:
            if files is not None:
                resource.setrlimit(resource.RLIMIT_NOFILE, files)
            _become(self.words, namespace, dict(os.environ) | dict(more), caller, writing)
        os.close(writing)
        with os.fdopen(reading, "rb") as told:
            number = told.read()  # ends when the program has begun, or has failed to
        if not number:
            self._descriptor = os.pidfd_open(self.pid)
        else:
            os.waitpid(self.pid, 0)
            self.fault = os.strerror(int(number))
            self.code = NOT_FOUND if int(number) == 2 else NOT_RUNNABLE

    def fileno(self) -> int:
        """For select: it can be read once the command has ended."""
        return self._descriptor

    def poll(self) -> bool:
        """Whether it has ended."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self.code = code if code >= 0 else 128 - code
        return self.code is not None

    def signal(self, number: int) -> None:
        """Hand a signal on."""
        if self.code is None:
            os.kill(self.pid, number)

    def end(self) -> None:
        """Kill it if it still runs."""
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.code = 128 + signal.SIGKILL
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _become(
    words: list[str], namespace: int, environment: dict[str, str], caller: Caller | None, writing: int
) -> None:
    """In the child: the program, or the number of the error that kept it from being."""
    try:
        parent = os.getppid()
        namespaces.enter(namespace)
        if caller is not None:
            os.setgroups(os.getgrouplist(_name(caller.user), caller.group))
            os.setgid(caller.group)
            os.setuid(caller.user)
        ctypes.CDLL(None).prctl(
            _PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0
        )  # after setuid, which clears it
        if os.getppid() != parent:
            os._exit(128 + signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execvpe(words[0], words, environment)  # noqa: S606  (no shell is meant)
    except OSError as error:
        os.write(writing, str(error.errno or 1).encode())
    finally:
        os._exit(NOT_RUNNABLE)


def _name(user: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
