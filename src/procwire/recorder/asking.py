"""Asking a watch that runs to freeze, arm or disarm, by signals, and where it keeps incidents.

Only one that waits for the signals gets them: they would end any other.
"""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

from procwire.recorder.reason import RecorderError

FREEZE, ARM, DISARM = signal.SIGUSR1, signal.SIGRTMIN, signal.SIGRTMIN + 1
ORDERS = {"freeze": FREEZE, "arm": ARM, "disarm": DISARM}
ENGINE = "procwire:engine"  # the name of a confined watch (sandbox.profile)


def recording(proc: Path = Path("/proc")) -> list[int]:
    """Watches that record, as far as they can be told from outside."""
    found = []
    for path in proc.glob("[0-9]*"):
        try:
            if (path / "comm").read_text().strip() == ENGINE and waits(int(path.name), proc):
                found.append(int(path.name))
        except OSError:
            continue  # ended meanwhile
    return sorted(found)


def places(proc: Path = Path("/proc")) -> list[Path]:
    """Where watches that record keep incidents: the directories that they hold open to read in."""
    found: dict[Path, None] = {}
    for pid in recording(proc):
        try:
            for link in sorted((proc / str(pid) / "fd").iterdir()):
                if link.lstat().st_mode & stat.S_IRUSR and link.is_dir():
                    found[link.readlink()] = None
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return list(found)


def waits(pid: int, proc: Path = Path("/proc")) -> bool:
    """Does the process catch FREEZE, as all that record do? Raises OSError."""
    for line in (proc / str(pid) / "status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) & 1 << (FREEZE - 1))
    return False


def ask(pid: int, order: int = FREEZE) -> None:
    """Ask one. Raises RecorderError where it would not understand."""
    try:
        if not waits(pid):
            raise RecorderError(f"process {pid} records nothing: the signal would end it")
        os.kill(pid, order)
    except OSError as error:
        raise RecorderError(f"process {pid}: {error.strerror}") from None
