"""Whether processes can be confined here: one is, and the kernel is asked what it has of it then."""

from __future__ import annotations

import os

import msgspec

from procwire.model.rows import Check
from procwire.sandbox import capabilities, readback
from procwire.sandbox.confine import confine
from procwire.sandbox.plan import Confinement
from procwire.sandbox.profile import COURIER, DAEMON, DAEMON_KEEPS, SCRIBE, WARDEN, WARDEN_KEEPS, reader

# Who stays root, and what of its rights: the last two own their files, and have none.
_KEEP = {WARDEN: WARDEN_KEEPS, DAEMON: DAEMON_KEEPS, SCRIBE: (), COURIER: ()}


def sandbox() -> Check:
    """What a process that parses gives up on this machine."""
    done = rehearse()
    lacking = "; ".join(f"{each.name}: {each.detail}" for each in done.missing)
    if not lacking:
        return Check(name="sandbox", status="ok", detail=f"all {len(done.measures)} measures can be taken: "
                     + ", ".join(each.name for each in done.measures))  # fmt: skip
    if done.open:
        where = ", ".join(done.open)
        return Check(name="sandbox", status="degraded", detail=f"nothing bounds {where}: {lacking}")
    return Check(
        name="sandbox", status="ok", detail=f"every boundary stands, some with fewer walls: {lacking}"
    )


def processes() -> list[Check]:
    """Each process of procwire that lives in a cell now, as the kernel describes it."""
    found = []
    for cell in readback.cells():
        keeps = capabilities.names(sum(1 << number for number in _KEEP.get(cell.name, ())))
        lesser = cell.uid != 0 or cell.name in _KEEP
        shut = (
            cell.no_new_privs and cell.seccomp == "filter" and lesser and set(cell.capabilities) <= set(keeps)
        )
        found.append(
            Check(
                name=f"process {cell.pid}",
                status="ok" if shut else "degraded",
                detail=f"{cell.name}: uid {cell.uid}, capabilities {', '.join(cell.capabilities) or 'none'}, "
                f"no_new_privs {'on' if cell.no_new_privs else 'off'}, seccomp {cell.seccomp}, "
                f"network {cell.network or 'not to be seen'}",
            )
        )
    return found


def rehearse() -> Confinement:
    """What comes of confining a process, in one that ends with it. Raises OSError."""
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(source)
            os.write(sink, msgspec.msgpack.encode(confine(reader("best-effort", quiet=True))))
        finally:
            os._exit(0)
    os.close(sink)
    with os.fdopen(source, "rb") as told:
        answer = told.read()
    os.waitpid(pid, 0)
    if not answer:
        raise OSError("a process that was confined ended at once")
    return msgspec.msgpack.decode(answer, type=Confinement)
