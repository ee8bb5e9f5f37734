"""Its own rights and bounds: get them back, or take all of the machine."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import resource
import threading

from procwire.sandbox import capabilities, limits
from procwire.sandbox.attempts.attempt import Attempt, Stage
from procwire.sandbox.syscalls import call, prctl

_SET_DUMPABLE = 4
_MORE_MEMORY = 256 << 20
_NO_RESERVE = 0x4000  # MAP_NORESERVE: asked for beyond what there is
_STACK = 64 << 10
_MORE_THREADS = 2  # times what the bound lets by
_MORE_DESCRIPTORS = 4096


def _become_root(_stage: Stage) -> None:
    os.setresuid(0, 0, 0)


def _take(_stage: Stage) -> None:
    capabilities.keep([capabilities.SYS_ADMIN])
    if not capabilities.effective():
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))


def _raise_limit(_stage: Stage) -> None:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    if hard == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def _writable_code(_stage: Stage) -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def _make_code(_stage: Stage) -> None:
    page = mmap.mmap(-1, mmap.PAGESIZE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(page))
    call("mprotect", start, mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_EXEC)


def _fill(_stage: Stage) -> None:
    """Asked for and not touched: what the machine is spared is the same."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE
    mmap.mmap(-1, limits.memory_bytes() + _MORE_MEMORY, flags=flags).close()


def _threads(_stage: Stage) -> None:
    most = _MORE_THREADS * (limits.tasks_now() + limits.THREADS)
    threading.stack_size(_STACK)
    gate = threading.Event()
    try:
        for _ in range(most):
            threading.Thread(target=gate.wait, daemon=True).start()
    except RuntimeError:
        raise OSError(errno.EAGAIN, "no more threads") from None
    finally:
        gate.set()


def _descriptors(_stage: Stage) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for _ in range(_MORE_DESCRIPTORS):
        os.dup(1)


ATTEMPTS = (
    Attempt("become-root", "become root again", _become_root),
    Attempt("take-capability", "take a capability", _take),
    Attempt("show-memory", "let others look into it", lambda _: prctl(_SET_DUMPABLE, 1)),
    Attempt("raise-limit", "raise a limit", _raise_limit),
    Attempt("writable-code", "map memory that is written and executed", _writable_code),
    Attempt("make-code", "make written memory executable", _make_code),
    Attempt("hidden-program", "make a file without a name", lambda _: os.close(os.memfd_create("x"))),
    Attempt("fill-memory", "take more than its share of memory", _fill),
    Attempt("thread-bomb", "start threads without end", _threads),
    Attempt("descriptors", "open descriptors without end", _descriptors),
)  # fmt: skip
