"""Other processes: start them, look into them, stop them."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal

from procwire.sandbox.attempts.attempt import Attempt, Stage
from procwire.sandbox.syscalls import call

_PTRACE_ATTACH, _PTRACE_DETACH = 16, 17
_TIOCSTI = 0x5412
_BOMB = 20


class _Span(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def _execute(_stage: Stage) -> None:
    os.execve("/bin/true", ["true"], {})  # noqa: S606 - never comes back where it is allowed


def _bomb(_stage: Stage) -> None:
    for _ in range(_BOMB):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)


def _trace(stage: Stage) -> None:
    call("ptrace", _PTRACE_ATTACH, stage.victim, None, None)
    os.waitpid(stage.victim, 0x40000000)  # __WALL
    call("ptrace", _PTRACE_DETACH, stage.victim, None, None)


def _memory(name: str, stage: Stage) -> None:
    word = ctypes.create_string_buffer(4)
    ours, theirs = _Span(ctypes.addressof(word), 4), _Span(stage.word, 4)
    call(name, stage.victim, ours, 1, theirs, 1, 0)


def _pidfd_signal(stage: Stage) -> None:
    call("pidfd_send_signal", call("pidfd_open", stage.victim, 0), signal.SIGURG, None, 0)


def _steal(stage: Stage) -> None:
    os.close(call("pidfd_getfd", call("pidfd_open", stage.victim, 0), 0, 0))


def _type(stage: Stage) -> None:
    fcntl.ioctl(stage.terminal, _TIOCSTI, b"x")


def _poke(stage: Stage) -> None:
    """Signals that the kernel sends in our name."""
    reader, _ = os.pipe()
    fcntl.fcntl(reader, fcntl.F_SETOWN, stage.victim)


ATTEMPTS = (
    Attempt("execute", "execute a program", _execute),
    Attempt("fork-bomb", "start processes", _bomb),
    Attempt("trace", "take another process over with ptrace", _trace),
    Attempt("read-memory", "read another process's memory", lambda stage: _memory("process_vm_readv", stage)),
    Attempt("write-memory", "write another process's memory",
            lambda stage: _memory("process_vm_writev", stage)),
    Attempt("signal", "send another process a signal", lambda stage: os.kill(stage.victim, signal.SIGURG)),
    Attempt("signal-thread", "send one of its threads a signal",
            lambda stage: call("tgkill", stage.victim, stage.victim, signal.SIGURG)),
    Attempt("signal-descriptor", "send it one through a descriptor", _pidfd_signal),
    Attempt("signal-by-kernel", "have the kernel send it signals", _poke),
    Attempt("steal-descriptor", "take a descriptor out of another process", _steal),
    Attempt("limit-process", "change another process's limits",
            lambda stage: resource.prlimit(stage.victim, resource.RLIMIT_NOFILE, (64, 64))),
    Attempt("slow-process", "change another process's priority",
            lambda stage: os.setpriority(os.PRIO_PROCESS, stage.victim, 19)),
    Attempt("type", "type at a terminal (TIOCSTI)", _type),
)  # fmt: skip
