"""What confinement costs a start: ``python -m bench.sandbox [FILE]``; in turns with none."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
CAPTURE = Path(__file__).parents[1] / "tests" / "vectors" / "http" / "ordinary.pcap"


def once(mode: str, path: str) -> tuple[float, float]:
    """Seconds on the wall and of the CPU."""
    before, started = os.times(), time.perf_counter()
    words = [sys.executable, "-m", "procwire", "read", "--json", "--sandbox", mode, path]
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - started, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def main(path: str = str(CAPTURE)) -> None:
    """Medians, in ms."""
    seen: dict[str, list[tuple[float, float]]] = {"off": [], "best-effort": []}
    for _ in range(ROUNDS):
        for mode, rounds in seen.items():
            rounds.append(once(mode, path))
    for mode, rounds in seen.items():
        wall, cpu = (statistics.median(column) * 1e3 for column in zip(*rounds, strict=True))
        print(f"{mode:12} {wall:7.1f} ms wall {cpu:7.1f} ms CPU")


if __name__ == "__main__":
    main(*sys.argv[1:])
