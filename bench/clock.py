"""Timing whole programs: wall time, processor time and peak memory of a child, best of a few runs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

SAMPLE_SECONDS = 0.01


def first() -> None:
    """Be served before all else on this machine (root), with what is started from here.

    The kernel shares time among sessions: this becomes one of its own, so that no terminal keeps the right.
    """
    if os.getpgrp() == os.getpid() != os.getsid(0) and (child := os.fork()):  # who leads a group cannot
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    if os.getsid(0) != os.getpid():
        os.setsid()
    os.setpriority(os.PRIO_PROCESS, 0, -20)
    Path("/proc/self/autogroup").write_text("-20", encoding="ascii")


def stolen() -> float:
    """Processor seconds that the host gave to others since this machine began (proc(5), ``steal``)."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")


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


def together(words: list[str]) -> int:
    """Most memory (bytes) that a program and the processes it began have had at once, in a run of its own.

    Pages that several have count once in all (Pss); where that may not be read, in each of them.
    """
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while child.poll() is None:
        most = max(most, sum(_memory(pid) for pid in _family(child.pid)))
        time.sleep(SAMPLE_SECONDS)
    return most


def _family(pid: int) -> list[int]:
    try:
        begun = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [pid, *(each for one in begun for each in _family(int(one)))]


def _memory(pid: int) -> int:
    for name, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        found = [line for line in lines if line.startswith(key)]
        if found:
            return int(found[0].split()[1]) * 1024
    return 0


def machine() -> str:
    """One line on where this was measured."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores of {model}, Linux {os.uname().release}, Python {sys.version.split()[0]}"
