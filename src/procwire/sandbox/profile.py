"""The cells that procwire's processes live in, as plans: which paths, which calls, which rights are left."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from procwire.sandbox import allowed, identity, limits, python_tree
from procwire.sandbox.confine import confine
from procwire.sandbox.plan import OFF, Confinement, Plan

READER = "procwire:reader"
LEAST_DESCRIPTORS = 256


def reader(mode: str, *, files: Sequence[str] = (), folders: Sequence[str] = (), quiet: bool = False) -> Plan:
    """Who reads recordings: nothing but what is open, and ``files`` for those that could not be yet.

    It writes to what was opened before; new files come only in ``folders``, a store's.
    """
    trees = python_tree.trees()
    return Plan(
        name=READER,
        mode=mode,
        readable=(*trees, *python_tree.libraries(), *python_tree.TABLES, *files),
        writable=tuple(folders),
        rules=allowed.computing(os.getpid(), folders=bool(folders)),
        trees=trees,
        files=tuple(files),
        late=python_tree.late,
        descriptors=max(LEAST_DESCRIPTORS, len(files) + _open_count() + limits.SPARE_DESCRIPTORS),
        quiet=quiet,
    )


def shut_in(mode: str, hold: Callable[[int], Sequence[str]], *, folders: Sequence[str] = ()) -> Confinement:
    """Make this process a reader, for good, once ``hold`` has opened its files.

    ``hold`` is told how many may be open, and answers with those that are not. Raises SandboxError (strict).
    """
    if mode == OFF:
        return Confinement(OFF)
    return confine(reader(mode, files=hold(limits.spare_descriptors()), folders=folders))


def fetch_late(mode: str) -> None:
    """Load now, once, what confinement would have each process load that is forked from this one."""
    who = identity.lesser() if mode != OFF else None
    if who is not None and not identity.can_read(who, python_tree.trees()):
        python_tree.fetch(python_tree.late())


def _open_count() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone
