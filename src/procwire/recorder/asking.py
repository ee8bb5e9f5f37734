"""Asking a watch that runs to freeze: SIGUSR1, but only to one that waits for it. It would end any other."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from procwire.recorder.reason import RecorderError

_WAITS = 1 << (signal.SIGUSR1 - 1)
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
    """Does the process catch SIGUSR1? Raises OSError."""
    for line in (proc / str(pid) / "status").read_text().splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) & _WAITS)
    return False


def freeze(pid: int) -> None:
    """Ask one. Raises RecorderError where it would not understand."""
    try:
        if not waits(pid):
            raise RecorderError(f"process {pid} records nothing: SIGUSR1 would end it")
        os.kill(pid, signal.SIGUSR1)
    except OSError as error:
        raise RecorderError(f"process {pid}: {error.strerror}") from None
