"""What it takes to shape an interface, to change it, to clear it, beside ``tc`` in the same call.

``python -m bench.shape [--times N]`` (root). The interface is in a namespace of its own. procwire asks what
stands there, plans, and does the steps by netlink; ``tc`` is spawned for the same, as tools do that call it.
Processes and threads that are born on this host during procwire's part are counted (``processes`` of
/proc/stat). Then the whole of ``procwire.shaping.session``: with its journal, synced, and its watchdog, in a
directory in memory, as /run is (``--state`` for another); where /run is on a disk here, that is said.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.lab import Host, pair

from procwire.shaping import guard
from procwire.shaping.apply import Kernel
from procwire.shaping.document import impairment
from procwire.shaping.namespace import Namespace
from procwire.shaping.plan import Wish, sending
from procwire.shaping.probe import probe
from procwire.shaping.session import Shaper
from procwire.shaping.spelling import effect

WORDS = ("8mbit", "4mbit")
MEMORY = ("tmpfs", "ramfs")


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def ours(kernel: Kernel, times: int) -> dict[str, list[float]]:
    """Apply, change, clear: each asked, planned and done."""
    found: dict[str, list[float]] = {"apply": [], "change": [], "clear": []}
    able = probe()
    link = kernel.link("eth0")
    assert link is not None

    def shape(rate: str) -> None:
        part = sending(kernel.standing(link), Wish(effect=effect({"rate": rate})), able)
        for step in part.steps:
            kernel.do(step)
        undo[:] = part.undo

    undo: list[object] = []
    for _ in range(times):
        found["apply"].append(timed(lambda: shape(WORDS[0])))
        found["change"].append(timed(lambda: shape(WORDS[1])))
        found["clear"].append(timed(lambda: kernel.undo(undo)))  # type: ignore[arg-type]
    return found


def theirs(host: Host, times: int) -> dict[str, list[float]]:
    """The same by ``tc``, spawned inside the namespace."""
    bucket = "burst 4000 latency 126ms"
    words = {
        "apply": f"tc qdisc add dev eth0 root handle 7077: tbf rate 8mbit {bucket}",
        "change": f"tc qdisc change dev eth0 root handle 7077: tbf rate 4mbit {bucket}",
        "clear": "tc qdisc del dev eth0 root",
    }
    found: dict[str, list[float]] = {name: [] for name in words}
    for _ in range(times):
        for name, line in words.items():
            spawned = host.words(*line.split())
            found[name].append(timed(lambda spawned=spawned: subprocess.run(spawned, check=True)))  # type: ignore[misc]
    return found


def file_system(path: str) -> str:
    """The kind that a path is on, as /proc/mounts has it."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    real = Path(path).resolve()
    return max((len(each[1]), each[2]) for each in mounts if real.is_relative_to(each[1]))[1]


def whole(host: Host, times: int, state: str) -> dict[str, list[float]]:
    """With the journal and the watchdog, which is there already."""
    found: dict[str, list[float]] = {"apply": [], "change": [], "clear": []}
    asked = {name: {"target": f"namespace:{host.name}", "rate": rate, "direction": "egress"}
             for name, rate in (("apply", WORDS[0]), ("change", WORDS[1]))}  # fmt: skip
    with tempfile.TemporaryDirectory(dir=state) as folder, Shaper(Path(folder, "shaping")) as shaper:
        guard_pid = 0
        for _ in range(times):
            for name, words in asked.items():
                found[name].append(timed(lambda words=words: shaper.shape(impairment(words))))  # type: ignore[misc]
            told = guard.ask(shaper.journal.folder)
            guard_pid = told.pid if told is not None else guard_pid
            found["clear"].append(timed(shaper.clear))
        if guard_pid:
            os.kill(guard_pid, 15)
    return found


def born() -> int:
    """Processes and threads of this host since it started."""
    lines = Path("/proc/stat").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("processes")).split()[1])


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--state", default="/run" if file_system("/run") in MEMORY else "/dev/shm")
    arguments = parser.parse_args()
    times, state = arguments.times, arguments.state
    with pair() as (_, left, _right), Namespace(str(left.path)) as namespace:
        kernel = Kernel(namespace)
        probe()
        before = born()
        procwire = ours(kernel, times)
        after = born()
        tc = theirs(left, max(10, times // 10))
        full = whole(left, max(10, times // 2), state)
    print(f"{'':8} {'netlink':>12} {'tc, spawned':>12} {'ratio':>7} {'with journal and watchdog':>26}")
    for name, mine in procwire.items():
        other = median(tc[name])
        told = (median(mine) * 1e6, other * 1e6, other / median(mine), median(full[name]) * 1e6)
        print(f"{name:8} {told[0]:9.0f} us {told[1]:9.0f} us {told[2]:6.0f}x {told[3]:23.0f} us")
    print(f"the journal was in {state} ({file_system(state)}); /run of this host is on {file_system('/run')}")
    print(f"processes and threads born on this host during the first column: {after - before}")


if __name__ == "__main__":
    main()
