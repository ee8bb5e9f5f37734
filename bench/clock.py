"""Timing whole programs: wall time, processor time and peak memory of a child, best of a few runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """One run of one program. Seconds; ``rss_bytes`` is the peak resident set of its largest process."""

    wall: float
    cpu: float
    rss_bytes: int
    code: int
    output: bytes


def once(words: list[str], *, environment: dict[str, str] | None = None) -> Run:
    """Run a program to its end with its output kept.

    Byte code is kept between runs, as it is where procwire is installed, whatever this process was told.
    """
    start = time.perf_counter()
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=inherited | (environment or {})
    )
    assert child.stdout is not None
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, child.returncode, output)


def best(words: list[str], *, runs: int = 3) -> Run:
    """The fastest of several runs: the one that was least disturbed."""
    return min((once(words) for _ in range(runs)), key=lambda run: run.wall)


def machine() -> str:
    """One line on where this was measured."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores of {model}, Linux {os.uname().release}, Python {sys.version.split()[0]}"
