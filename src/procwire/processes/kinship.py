"""Which of several holders of one socket is its owner. Pure.

A connection belongs to the child that works on it: one that runs the same program as the holder it descends
from (a forked worker), or that has it as standard input, output or error (inetd, socat EXEC). A child that
became another program and has it elsewhere only inherited it, so the parent keeps it. A listening socket
belongs to the one that opened it, the topmost holder. Activators (init, systemd, inetd) own nothing that
someone else holds too. What is still even goes to the youngest (connection) or the oldest (listener).
"""

from __future__ import annotations

from collections.abc import Sequence

from procwire.model.process import ProcessRef

ACTIVATORS = frozenset({"systemd", "init", "inetd", "xinetd", "launchd"})
_STANDARD = 2  # standard error


def choose(held: Sequence[tuple[int, ProcessRef]], *, listening: bool) -> ProcessRef | None:
    """The owner among (descriptor, process); None when there is none."""
    if not held:
        return None
    able = [(fd, ref) for fd, ref in held if not _is_activator(ref)] or list(held)
    by_pid = {ref.pid: ref for _, ref in able}
    lost: set[int] = set()
    for fd, ref in able:
        parent = by_pid.get(ref.ppid)
        if parent is None or parent.pid == ref.pid:
            continue
        works = not listening and (fd <= _STANDARD or (ref.exe == parent.exe and bool(ref.exe)))
        lost.add(parent.pid if works else ref.pid)
    left = [ref for ref in by_pid.values() if ref.pid not in lost] or list(by_pid.values())
    return min(left, key=_age) if listening else max(left, key=_age)


def _is_activator(ref: ProcessRef) -> bool:
    return ref.pid == 1 or ref.name in ACTIVATORS


def _age(ref: ProcessRef) -> tuple[int, int]:
    return ref.start, ref.pid
