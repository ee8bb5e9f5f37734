"""Whether processes can be confined here: one is, and the kernel is asked what it has of it then."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec

from procwire.model.rows import Check
from procwire.sandbox import capabilities, readback
from procwire.sandbox.confine import confine
from procwire.sandbox.plan import Confinement
from procwire.sandbox.profile import (
    COURIER,
    DAEMON,
    DAEMON_KEEPS,
    SCRIBE,
    SHAPER,
    SHAPER_KEEPS,
    WARDEN,
    WARDEN_KEEPS,
    reader,
    shaper,
)
from procwire.sandbox.readback import Cell

# Who stays root, and what of its rights: the last two own their files, and have none.
_KEEP = {WARDEN: WARDEN_KEEPS, DAEMON: DAEMON_KEEPS, SHAPER: SHAPER_KEEPS, SCRIBE: (), COURIER: ()}


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


def shaping_warden() -> Check:
    """What the process has left that alone changes networks: one is confined as it is, and looked at."""
    name = "shaping-warden"
    if os.geteuid() != 0:
        return Check(name=name, status="degraded", detail="only root shapes", remedy="run as root")
    cell = msgspec.msgpack.decode(_in_a_child(_shut_in), type=Cell)
    return Check(name=name, status="ok" if _is_shut(cell) else "degraded", detail=_words(cell))


def _shut_in() -> bytes:
    confine(shaper("best-effort"))
    return msgspec.msgpack.encode(readback.cell(os.getpid()))


def processes() -> list[Check]:
    """Each process of procwire that lives in a cell now, as the kernel describes it."""
    return [
        Check(name=f"process {cell.pid}", status="ok" if _is_shut(cell) else "degraded", detail=_words(cell))
        for cell in readback.cells()
    ]


def _is_shut(cell: Cell) -> bool:
    keeps = capabilities.names(sum(1 << number for number in _KEEP.get(cell.name, ())))
    lesser = cell.uid != 0 or cell.name in _KEEP
    return cell.no_new_privs and cell.seccomp == "filter" and lesser and set(cell.capabilities) <= set(keeps)


def _words(cell: Cell) -> str:
    return (
        f"{cell.name}: uid {cell.uid}, capabilities {', '.join(cell.capabilities) or 'none'}, "
        f"no_new_privs {'on' if cell.no_new_privs else 'off'}, seccomp {cell.seccomp}, "
        f"network {cell.network or 'not to be seen'}"
    )


def rehearse() -> Confinement:
    """What comes of confining a process, in one that ends with it. Raises OSError."""
    return msgspec.msgpack.decode(_in_a_child(_confined), type=Confinement)


def _confined() -> bytes:
    return msgspec.msgpack.encode(confine(reader("best-effort", quiet=True)))


def _in_a_child(work: Callable[[], bytes]) -> bytes:
    """What a process says that ends with it. Raises OSError."""
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(source)
            os.write(sink, work())
        finally:
            os._exit(0)
    os.close(sink)
    with os.fdopen(source, "rb") as told:
        answer = told.read()
    os.waitpid(pid, 0)
    if not answer:
        raise OSError("a process that was confined ended at once")
    return answer
