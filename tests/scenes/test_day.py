"""Hours of traffic in packet time, the clock set on the way: memory stays flat (bench.day has the day)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_memory_stays_flat_and_every_flow_ends() -> None:
    words = [sys.executable, "-m", "bench.day", "--hours", "8", "--minutes", "20"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("flows open") == 8
    assert "grown since hour 2" in done.stdout
