"""Asking a watch that runs to freeze, arm or disarm: by signals, but only one that waits for them.

They would end any other.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from procwire.recorder.reason import RecorderError

FREEZE, ARM, DISARM = signal.SIGUSR1, signal.SIGRTMIN, signal.SIGRTMIN + 1
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
