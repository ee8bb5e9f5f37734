"""Two processes out of one: the warden, forked while there is one thread and every right, and the engine."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from typing import Any

from procwire.bpf import cgroup
from procwire.processes.kernel import KernelOwners
from procwire.sandbox import descriptors, precedence, profile, resident
from procwire.sandbox.confine import confine
from procwire.sandbox.syscalls import prctl
from procwire.warden.client import Warden
from procwire.warden.easel import Painter
from procwire.warden.line import Line, pair
from procwire.warden.service import Allowed, Service

_DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_GROUP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # what a terminal or a service manager sends to both

OpenOwners = Callable[[], AbstractContextManager[Any]]
OpenPainter = Callable[[], Painter]


def start(
    mode: str,
    allowed: Allowed,
    open_owners: OpenOwners | None,
    open_painter: OpenPainter | None = None,
    *,
    kernel: KernelOwners | None = None,
) -> Warden:
    """Fork the warden off. What is open here is open there, but for packet sockets, which it lets go.

    ``open_owners``: who knows owners, made in the warden; None: nobody is asked. ``open_painter``: who makes
    pictures of the host's tables, made there with the first one, so that what either loads is in no engine.
    ``kernel``: stays open there and is closed here; what it notes, the engine may read. Raises OSError.
    """
    resident.share_arena()
    precedence.allow()
    notes = kernel.notes.read_only() if kernel is not None and kernel.sees_use else None
    asking, opening = pair(), pair()
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    gc.collect()
    gc.freeze()  # what both have stays shared: no look for cycles writes to it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _GROUP)
    pid = os.fork()
    if pid:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for made in (asking[1], opening[1]):
            made.close()
        if kernel is not None:
            kernel.close()
        cgroup.let_go()
        precedence.tick()  # while there is every right; threads that begin later have it from this one
        return Warden(pid, Line(asking[0]), Line(opening[0]), notes)
    code = 1
    try:
        for made in (asking[0], opening[0]):
            made.close()
        _settle(parent)
        if notes is not None:
            notes.close()  # here: it has them to write to
        precedence.tick()
        painter = _late(open_painter) if open_painter is not None else None
        if open_owners is not None:
            import_module("procwire.processes.owners")  # before the walls stand
        confine(profile.warden(mode))
        _serve((Line(asking[1]), Line(opening[1])), allowed, open_owners, painter)
        code = 0
    except OSError as error:
        with contextlib.suppress(OSError):
            os.write(2, f"procwire: the warden: {error.strerror or error}\n".encode())
    finally:
        os._exit(code)


def _settle(parent: int) -> None:
    """Signals to the group are the engine's: the warden ends when its engine has."""
    for number in _GROUP:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _GROUP)
    prctl(_DIES_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)
    for descriptor in descriptors.survey().packets:
        os.close(descriptor)


def _late(open_painter: OpenPainter) -> Painter:
    """Opened with the first picture: most watches are asked for none."""
    opened = cache(open_painter)

    def paint(table: str) -> Iterator[list[Any]]:
        return opened()(table)

    return paint


def _serve(
    lines: tuple[Line, Line], allowed: Allowed, open_owners: OpenOwners | None, painter: Painter | None
) -> None:
    if open_owners is None:
        Service(lines, None, allowed, painter=painter).run()
        return
    with open_owners() as owners:
        Service(lines, owners, allowed, painter=painter).run()
