"""The whole process table at 10,000 processes: by iterator, by /proc, and beside psutil, in one call.

Repeat with ``python -m bench.processes [--count N]`` (root for the iterators). A table is every process with
its pid, parent, name, program, users, start, state, threads, processor time, memory, namespaces and control
group as Python objects. ``first`` is the first one and includes every command line, ``again`` the second one,
when nothing is new; ``table`` leaves command lines out. psutil is asked for as much of this as it has.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from procwire.bpf.libbpf import BpfError
from procwire.processes import procfs
from procwire.processes.census import Census
from procwire.processes.tasks import KernelTasks

RUNS = 9
PSUTIL = [
    "pid", "ppid", "name", "exe", "cmdline", "uids", "username", "create_time", "status", "num_threads",
    "cpu_times", "memory_info",
]  # fmt: skip


@contextlib.contextmanager
def crowd(count: int) -> Iterator[None]:
    """So many more processes that sleep, children of one process that is ended at the end."""
    code = (
        "import os, signal, sys\n"
        "pids = [os.posix_spawn('/bin/sleep', ['sleep', str(3600 + n)], {})\n"
        "        for n in range(int(sys.argv[1]))]\n"
        "print('ready', flush=True)\nsys.stdin.read()\n"
        "for pid in pids: os.kill(pid, signal.SIGKILL)\nfor pid in pids: os.waitpid(pid, 0)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        yield
        parent.send_signal(signal.SIGCONT)


def refused() -> KernelTasks:
    """No iterators: /proc is read."""
    raise BpfError(1, "not wanted here")


def whole(census: Census, *, commands: bool) -> int:
    """Take a table; returns how many processes are in it."""
    return len(census.take(commands=commands))


def clocked(work: Callable[[], int]) -> tuple[float, float, int]:
    """Wall and processor seconds, and what was found."""
    wall, cpu = time.perf_counter(), time.process_time()
    count = work()
    return time.perf_counter() - wall, time.process_time() - cpu, count


def show(name: str, runs: list[tuple[float, float, int]]) -> float:
    """The least disturbed of some runs, by each clock."""
    wall, cpu, count = (min(figures) for figures in zip(*runs, strict=True))
    print(f"{name:<44} {wall * 1e3:8.1f} ms wall {cpu * 1e3:8.1f} ms cpu   {count:.0f} processes")
    return cpu


def by_census(name: str, open_kernel: Callable[[], KernelTasks]) -> float:
    """The rows of one source; returns the processor time of ``table``."""
    with Census(open_kernel=open_kernel) as census:
        if census.problem and open_kernel is not refused:
            print(f"{name}: {census.problem}")
            return 0.0
        first = clocked(lambda: whole(census, commands=True))
        show(f"{name}, first, with command lines", [first])
        show(f"{name}, again, with command lines",
             [clocked(lambda: whole(census, commands=True)) for _ in range(RUNS)])  # fmt: skip
        return show(f"{name}, table", [clocked(lambda: whole(census, commands=False)) for _ in range(RUNS)])


def by_rows() -> None:
    """The iterator alone, every row a Task: the first table of a run, and one after others."""
    with KernelTasks() as kernel:
        show("iterator alone, first", [clocked(lambda: len(kernel.tasks()))])
        kernel.tasks()
        show("iterator alone, again", [clocked(lambda: len(kernel.tasks())) for _ in range(RUNS)])


def by_psutil() -> float:
    """psutil.process_iter with the attributes that it has of ours."""
    try:
        psutil = importlib.import_module("psutil")
    except ImportError:
        print("psutil is not installed: pip install psutil")
        return 0.0
    return show(
        f"psutil {psutil.__version__}, {len(PSUTIL)} attributes",
        [clocked(lambda: len(list(psutil.process_iter(PSUTIL)))) for _ in range(2)],
    )


def calm() -> None:
    """Look for reference cycles as seldom as the program itself does (cli.main)."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def main() -> int:
    """Print the table of figures."""
    from bench.clock import machine

    calm()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    count = parser.parse_args().count
    print(machine())
    with crowd(max(0, count - len(procfs.pids()))):
        kernel = by_census("procwire by iterator", KernelTasks)
        if kernel:
            by_rows()
        files = by_census("procwire by /proc", refused)
        peer = by_psutil()
    for name, ours in (("iterator", kernel), ("/proc", files)):
        if peer and ours:
            print(f"by {name}: psutil takes {peer / ours:.0f} times the processor time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
