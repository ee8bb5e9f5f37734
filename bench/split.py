"""What two processes cost beside one: processor time of a split watch, and of one that is a single process.

Repeat with ``python -m bench.split [--turns N] [--rate N] [--requests N] [--seconds N] [--source S]`` (root).
The same conversations are replayed to both: clients in a watched namespace open ``--rate`` connections a
second, each with ``--requests`` HTTP requests and answers of 8 KiB, with owners and protocols. Both watch in
turns, and the order turns; printed are seconds of processor time, the start left out, and their ratio. Exit
code 1 above LIMIT.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.lab import Host, Lab, wait_for, why_not

from bench.clock import machine
from bench.live import family

LIMIT = 1.03
START_SECONDS = 3.0
SETTLE_SECONDS = 3.0
CELLS = ("off", "best-effort")  # one process, two
TALK = r"""
import socket, sys, threading, time
rate, requests, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
answer = b"HTTP/1.1 200 OK\r\nContent-Length: 8192\r\n\r\n" + bytes(8192)
ask = b"GET /page HTTP/1.1\r\nHost: split.test\r\nUser-Agent: bench\r\n\r\n"
def whole(one, size):
    while size:
        size -= len(one.recv(min(size, 65536)))
def converse(ours, theirs):
    for _ in range(requests):
        ours.sendall(ask); whole(theirs, len(ask))
        theirs.sendall(answer); whole(ours, len(answer))
    ours.close(); theirs.close()
count, begin = 0, time.monotonic()
while count < rate * seconds:
    pause = begin + count / rate - time.monotonic()
    if pause > 0: time.sleep(pause)
    ours = socket.create_connection(listener.getsockname())
    converse(ours, listener.accept()[0])
    count += 1
"""


def ran(pid: int) -> float:
    """Seconds that the threads of a process and of those below it have run, to the nanosecond.

    From the scheduler: times by ticks, as stat has them, are a sample, and of a watch that sleeps most of
    the time a poor one.
    """
    found = [path for each in family(pid) for path in Path(f"/proc/{each}/task").glob("*/schedstat")]
    return sum(int(path.read_text(encoding="ascii").split()[0]) for path in found) / 1e9


def turn(host: Host, cell: str, options: argparse.Namespace) -> float:
    """Seconds of processor time that the watch took for the conversations."""
    words = [sys.executable, "-m", "procwire", "watch", "-i", "lo", "--json", "--sandbox", cell]
    words += ["--source", options.source] if options.source else []
    watcher = subprocess.Popen(host.words(*words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert watcher.stderr is not None
    while b"watching" not in watcher.stderr.readline():
        if watcher.poll() is not None:
            raise RuntimeError("the watch has ended")
    time.sleep(START_SECONDS)
    before = ran(watcher.pid)
    numbers = map(str, (options.rate, options.requests, options.seconds))
    talk = host.start(sys.executable, "-S", "-c", TALK, *numbers)
    if talk.wait(options.seconds * 10 + 60):
        raise RuntimeError("the conversations failed")
    time.sleep(SETTLE_SECONDS)
    used = ran(watcher.pid) - before
    watcher.send_signal(signal.SIGINT)
    watcher.stderr.read()
    wait_for(lambda: watcher.poll() is not None, seconds=30, what="the end of the watch")
    return used


def main() -> int:
    """Print both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--rate", type=int, default=20, help="connections a second")
    parser.add_argument("--requests", type=int, default=50, help="of each connection")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--source", choices=("bpf", "tap", "both"), default="", help="of procwire watch")
    options = parser.parse_args()
    if why_not():
        print(f"bench.split: {why_not()}", file=sys.stderr)
        return 3
    used: dict[str, list[float]] = {cell: [] for cell in CELLS}
    with Lab() as lab:
        host = lab.host("a")
        for number in range(options.turns):
            for cell in CELLS if number % 2 else reversed(CELLS):
                used[cell].append(turn(host, cell, options))
    one, two = (statistics.median(used[cell]) for cell in CELLS)
    print(machine())
    print(f"{options.rate} connections/s of {options.requests} requests, {options.seconds:g} s")
    for words, cell in (("one process", "off"), ("two, confined", "best-effort")):
        told = " ".join(f"{each:.2f}" for each in used[cell])
        print(f"{words:<14} {statistics.median(used[cell]):6.2f} s  ({told})")
    print(f"ratio          {two / one:6.3f}  (at most {LIMIT})")
    return 1 if two / one > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
