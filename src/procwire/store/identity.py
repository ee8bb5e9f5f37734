"""Which process this is, in words that no other process ever has; and whether such a one still lives."""

from __future__ import annotations

import os
from pathlib import Path

_BOOT = "/proc/sys/kernel/random/boot_id"
_START = (
    22  # field of /proc/PID/stat (proc_pid_stat(5)), counted from 1; the name before it may hold anything
)


def own(pid: int | None = None) -> str:
    """``boot/pid/start`` of a process, this one by default; empty where there is none."""
    pid = os.getpid() if pid is None else pid
    try:
        boot = Path(_BOOT).read_text(encoding="ascii").strip()
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return ""
    return f"{boot}/{pid}/{stat.rpartition(b')')[2].split()[_START - 3].decode()}"


def alive(identity: str) -> bool:
    """Whether the process of that identity goes on."""
    _, found, rest = identity.partition("/")
    pid = rest.partition("/")[0]
    return bool(found) and pid.isdigit() and own(int(pid)) == identity
