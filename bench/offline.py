"""``procwire read --summary`` beside ndpiReader, tshark, NFStream and tcpdump on the same capture.

Repeat with ``make bench`` or ``python -m bench.offline [--runs N] [--only NAME …]``. The capture is made once
by ``bench.traffic``. Peers come from Debian (libndpi-bin, tshark, tcpdump) and PyPI (nfstream, in a venv
of its own); one that is missing is named and left out.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import venv
from pathlib import Path

from bench.clock import Run, best, machine, once, together
from bench.traffic import DATA, capture

NFSTREAM = (
    "import sys, nfstream\n"
    "if __name__ == '__main__':\n"
    "    flows = nfstream.NFStreamer(source=sys.argv[1], n_dissections=20, statistical_analysis=False)\n"
    "    print(sum(1 for flow in flows))\n"
)
GOALS = {"ndpiReader": 1.0, "tshark": 15.0, "nfstream": 8.0}
RSS_GOAL_BYTES = 200_000_000


def nfstream_python() -> str:
    """A Python that has nfstream, in a venv of its own; empty when it cannot be had."""
    folder = DATA / "nfstream"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    if once([str(python), "-c", "import nfstream"]).code != 0:
        once([str(python), "-m", "pip", "install", "-q", "nfstream"])
    return str(python) if once([str(python), "-c", "import nfstream"]).code == 0 else ""


def commands(path: Path) -> dict[str, list[str]]:
    """What is run, by name; procwire first."""
    script = DATA / "run_nfstream.py"
    script.write_text(NFSTREAM)
    wanted = {
        "procwire": [sys.executable, "-m", "procwire", "read", "--summary", "--no-progress", str(path)],
        "ndpiReader": ["ndpiReader", "-q", "-i", str(path)],
        "tshark": ["tshark", "-q", "-z", "conv,tcp", "-r", str(path)],
        "nfstream": [nfstream_python(), str(script), str(path)],
        "tcpdump": ["tcpdump", "-Z", "root", "-w", "/dev/null", "-r", str(path)],
    }
    return {name: words for name, words in wanted.items() if words[0] and shutil.which(words[0])}


def warm(path: Path) -> None:
    """Into the page cache, for all alike."""
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 22):
            pass


def report(name: str, run: Run, own: Run, packets: int) -> str:
    """One line of the table."""
    goal = GOALS.get(name)
    ratio = run.wall / own.wall
    verdict = "" if goal is None else f"  goal {goal:g}x: {'reached' if ratio >= goal else 'MISSED'}"
    return (
        f"{name:<11} {run.wall:8.2f} s {packets / run.wall / 1e6:8.2f} Mpkt/s  cpu {run.cpu:7.2f} s  "
        f"rss {run.rss_bytes / 1e6:7.0f} MB  {ratio:7.2f}x{verdict}"
    )


def main() -> int:
    """Print the table; exit code 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--packets", type=int, default=2_237_300, help=argparse.SUPPRESS)
    options = parser.parse_args()
    path = capture()
    warm(path)
    found = commands(path)
    missing = sorted({"ndpiReader", "tshark", "nfstream", "tcpdump"} - set(found))
    print(f"{machine()}\n{path.name}: {options.packets} packets, {path.stat().st_size >> 20} MiB")
    words = found.pop("procwire")
    own = best(words, runs=options.runs)
    if own.code != 0:
        print(f"procwire ended with {own.code}")
        return 1
    print(report("procwire", own, own, options.packets))
    memory = together(words)
    good = memory <= RSS_GOAL_BYTES
    verdict = "reached" if good else "MISSED"
    print(f"peak memory of all its processes {memory / 1e6:.0f} MB, goal 200 MB: {verdict}")
    for name, words in found.items():
        if options.only and name not in options.only:
            continue
        run = best(words, runs=1 if name in ("tshark", "nfstream") else options.runs)
        good = good and run.wall / own.wall >= GOALS.get(name, 0)
        print(report(name, run, own, options.packets), flush=True)
    if missing:
        print(f"not measured, not installed: {', '.join(missing)}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
