"""Signals with their senders."""

from __future__ import annotations

import subprocess
import sys

from procwire.shaping.lab.signals import WATCHED

# In a process of its own: only this one thread blocks them, and any other of a test session would be ended.
ALONE = """
import os, select, signal
from procwire.shaping.lab.signals import WATCHED, Signals
before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
with Signals() as signals:
    os.kill(os.getpid(), signal.SIGUSR1)
    assert select.select([signals], (), (), 5)[0]
    print([(int(sent.number), sent.alone) for sent in signals.read()], list(signals.read()))
    print(set(WATCHED) <= signal.pthread_sigmask(signal.SIG_BLOCK, []))
print(signal.pthread_sigmask(signal.SIG_BLOCK, []) == before)
"""


def test_a_signal_of_a_process_is_told_as_such() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout == "[(10, True)] []\nTrue\nTrue\n"
    assert len(WATCHED) == 7
