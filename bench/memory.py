"""What a watch of many open flows takes: memory of ``procwire watch --json`` (PSS: shared pages by share).

Repeat with ``python -m bench.memory [--flows N] [--source bpf|tap|both]`` (root). One process on the watched
host has that many connections open at a time: half are TCP with a request in each, half UDP with words that
no protocol takes; each has an owner. Printed: before the flows, with all of them, and where the memory is.
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.lab import Host, pair, wait_for, why_not

from bench.clock import machine
from bench.live import family, pss

LIMIT_MIB = 70
START_SECONDS = 3.0
SETTLE_SECONDS = 4.0
PLACES = 6  # that are shown
SERVER = """
import resource, select, socket, sys
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
address, count = sys.argv[1], int(sys.argv[2])
listener = socket.create_server((address, 8000), backlog=4096)
datagrams = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(1 + count // 10_000)]
for number, each in enumerate(datagrams): each.bind((address, 9000 + number))
print("ready", flush=True)
held = []
while True:
    held.append(listener.accept()[0])
"""
CLIENT = """
import resource, socket, sys, time
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]; resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
address, count = sys.argv[1], int(sys.argv[2])
held = []
for number in range(count // 2):
    one = socket.create_connection((address, 8000))
    one.sendall(b"GET /%d HTTP/1.1\\r\\nHost: h%d.test\\r\\n\\r\\n" % (number, number))
    two = socket.socket(type=socket.SOCK_DGRAM)
    two.connect((address, 9000 + number // 10_000))
    two.send(b"\\x01 what is this %d" % number)
    held += one, two
    if not number % 100: time.sleep(0.02)
print("open", flush=True)
time.sleep(600)
"""


def places(pid: int) -> Counter[str]:
    """KiB of PSS by what is mapped."""
    found: Counter[str] = Counter()
    name = ""
    maps = [Path(f"/proc/{each}/smaps").read_text(encoding="utf-8") for each in family(pid)]
    for line in "".join(maps).splitlines():
        if match := re.match(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)$", line):
            name = Path(match[1]).name or "anonymous"
            name = "packet rings" if name.startswith("socket:") else name
        elif line.startswith("Pss:"):
            found[name] += int(line.split()[1])
    return found


def alone(pid: int) -> int:
    """KiB of PSS of one process."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def name_of(pid: int) -> str:
    """What it is called."""
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()


def fill(client: Host, server: Host, flows: int) -> None:
    """Open the flows and leave them open."""
    serving = server.start(sys.executable, "-c", SERVER, "10.77.0.2", str(flows), stdout=subprocess.PIPE)
    assert serving.stdout is not None
    assert serving.stdout.readline() == b"ready\n"
    asking = client.start(sys.executable, "-c", CLIENT, "10.77.0.2", str(flows), stdout=subprocess.PIPE)
    assert asking.stdout is not None
    wait_for(lambda: asking.stdout is not None and asking.stdout.readline() == b"open\n", what="the flows")


def measure(flows: int, source: str) -> tuple[int, int, Counter[str], str]:
    """KiB before and with the flows, where they are, and the watch's last words."""
    with pair() as (_, client, server):
        words = [sys.executable, "-m", "procwire", "watch", "-i", "eth0", "--json"]
        words += ["--source", source] if source else []
        watcher = subprocess.Popen(client.words(*words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert watcher.stderr is not None
        assert "watching" in watcher.stderr.readline().decode()
        time.sleep(START_SECONDS)
        before = pss(watcher.pid)
        fill(client, server, flows)
        time.sleep(SETTLE_SECONDS)
        after, where = pss(watcher.pid), places(watcher.pid)
        for each in family(watcher.pid):
            print(f"process {each}: {alone(each) / 1024:.1f} MiB, {name_of(each)}")
        watcher.send_signal(signal.SIGINT)
        last = watcher.stderr.read().decode().strip()
        watcher.wait(30)
    return before, after, where, last


def main() -> int:
    """Print the figures; exit code 1 when the limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flows", type=int, default=10_000)
    parser.add_argument("--source", choices=("bpf", "tap", "both"), default="")
    options = parser.parse_args()
    if why_not():
        print(f"bench.memory: {why_not()}", file=sys.stderr)
        return 3
    before, after, where, last = measure(options.flows, options.source)
    print(machine())
    each = (after - before) * 1024 / options.flows
    told = f"{options.flows} flows (at most {LIMIT_MIB})"
    print(f"{before / 1024:.1f} MiB before, {after / 1024:.1f} MiB with {told}")
    print(f"{each:,.0f} bytes each; where it is:")
    for name, size in where.most_common(PLACES):
        print(f"  {name:<28} {size / 1024:6.1f} MiB")
    print(last)
    return 1 if after > LIMIT_MIB << 10 else 0


if __name__ == "__main__":
    sys.exit(main())
