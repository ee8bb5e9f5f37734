"""Packets of a capture file as Arrow batches: rows a second, beside tcpdump's walk over the same file.

Repeat with ``python -m bench.arrow [FILE]`` (default: what bench.offline makes). The goal is 3 million
rows/s.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from pathlib import Path

import procwire
from bench.traffic import DATA

GOAL = 3  # million rows/s


def rate(path: str, columns: tuple[str, ...]) -> tuple[int, float, float]:
    """(rows, seconds by the clock, seconds of CPU), from the first byte of the file: modules are there."""
    table = procwire.session(path).table("packet", columns=columns)
    clock, cpu, rows = time.perf_counter(), time.process_time(), 0
    for batch in table.batches():
        rows += batch.length
    return rows, time.perf_counter() - clock, time.process_time() - cpu


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", default=str(DATA / "offline.pcap"))
    path = parser.parse_args().file
    if not Path(path).exists():
        parser.error(f"{path} is not there: python -m bench.offline makes it")
    for name, columns in (("all columns", ()), ("time, ends, size", ("time", "src", "dst", "size"))):
        rows, clock, cpu = rate(path, columns)
        millions = rows / clock / 1e6
        reached = "reached" if millions >= GOAL else "MISSED"
        print(
            f"{name:<18} {rows:>9,} rows  {clock:5.2f} s  cpu {cpu:5.2f} s  {millions:5.2f} M rows/s"
            f"  goal {GOAL}: {reached}"
        )
    began = time.perf_counter()
    subprocess.run(
        ["tcpdump", "-Z", "root", "-r", path, "-w", "/dev/null"], check=True, stderr=subprocess.DEVNULL
    )
    print(f"{'tcpdump -w':<18} {rows:>9,} packets {time.perf_counter() - began:4.2f} s")


if __name__ == "__main__":
    main()
