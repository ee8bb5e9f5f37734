"""What the kernel says a process has given up: ``/proc/PID/status``, and its namespace.

Which Landlock rules a process lives under, the kernel tells nobody (as of Linux 6.18).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from procwire.sandbox import capabilities

PREFIX = "procwire:"  # names of processes that live in a cell (limits.rename)
_SECCOMP = {"0": "off", "1": "strict", "2": "filter"}


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One process of procwire, as the kernel says it is. -1 and empty: not for us to see."""

    pid: int
    name: str
    uid: int
    capabilities: tuple[str, ...]
    bounding: int  # how many it or a child could ever get
    no_new_privs: bool
    seccomp: str
    filters: int
    network: str  # own or shared with this command


def status(pid: int | str = "self") -> dict[str, str]:
    """The fields of /proc/PID/status. Raises OSError."""
    text = Path("/proc", str(pid), "status").read_text(encoding="utf-8", errors="replace")
    return {name: value.strip() for name, found, value in (line.partition(":") for line in text.splitlines())
            if found}  # fmt: skip


def cell(pid: int) -> Cell:
    """One process. Raises OSError where it is gone."""
    fields = status(pid)
    effective = int(fields.get("CapEff", "0"), 16)
    return Cell(
        pid=pid,
        name=fields.get("Name", ""),
        uid=int(fields["Uid"].split()[1]) if "Uid" in fields else -1,
        capabilities=tuple(capabilities.names(effective)),
        bounding=int(fields.get("CapBnd", "0"), 16).bit_count(),
        no_new_privs=fields.get("NoNewPrivs") == "1",
        seccomp=_SECCOMP.get(fields.get("Seccomp", "0"), "off"),
        filters=int(fields.get("Seccomp_filters", "0")),
        network=_network(pid),
    )


def cells() -> Iterator[Cell]:
    """Every process of procwire that lives in a cell now."""
    for entry in os.listdir("/proc"):  # noqa: PTH208 - names alone
        if not entry.isdigit():
            continue
        try:
            if Path("/proc", entry, "comm").read_text(encoding="utf-8", errors="replace").startswith(PREFIX):
                yield cell(int(entry))
        except OSError:
            continue  # it has ended


def _network(pid: int) -> str:
    """own or shared; empty where its namespace is not ours to see."""
    try:
        theirs, ours = Path(f"/proc/{pid}/ns/net").readlink(), Path("/proc/self/ns/net").readlink()
    except OSError:
        return ""
    return "shared" if theirs == ours else "own"
