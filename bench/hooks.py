"""What each program in the kernel costs a call, by the kernel's own clock (kernel.bpf_stats_enabled).

Repeat with ``python -m bench.hooks [--seconds N]`` (root). Datagrams and a bulk connection pass a veth pair,
then connections are made, accepted and closed, while the programs that note owners are attached.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.lab import Host, pair, run, why_not

from bench.clock import machine
from procwire.processes.kernel import KernelOwners

STATS = "kernel.bpf_stats_enabled"
TARGET = "10.77.0.2"
FLOOD = """
import socket, sys, time
end = time.monotonic() + float(sys.argv[1])
ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ours.connect(("10.77.0.2", 9000))
loose = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while time.monotonic() < end:
    for _ in range(500):
        ours.send(b"x" * 64)
        loose.sendto(b"x" * 64, ("10.77.0.2", 9001))
"""
BULK = """
import socket, sys, time
end = time.monotonic() + float(sys.argv[1])
ours = socket.create_connection(("10.77.0.2", 9002))
while time.monotonic() < end:
    ours.send(b"x" * 1400)
while time.monotonic() < end + 1:
    socket.create_connection(("10.77.0.2", 9002)).close()
"""
SINK = """
import socket, threading
for port in (9000, 9001):
    def drain(port=port):
        ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ours.bind(("", port))
        while True:
            ours.recv(2000)
    threading.Thread(target=drain, daemon=True).start()
listener = socket.create_server(("", 9002))
def read(ours):
    while ours.recv(1 << 20):
        pass
while True:
    ours, _ = listener.accept()
    threading.Thread(target=read, args=(ours,), daemon=True).start()
"""


def statistics(kernel: KernelOwners) -> dict[str, tuple[int, int]]:
    """(calls, ns) of each program so far."""
    found = {}
    for name in kernel._object.programs:
        descriptor = kernel._object.program_descriptor(name)
        text = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii")
        numbers = dict(re.findall(r"(run_\w+):\s*(\d+)", text))
        found[name] = int(numbers["run_cnt"]), int(numbers["run_time_ns"])
    return found


def traffic(left: Host, right: Host, seconds: float) -> None:
    """Flood, bulk and connections."""
    right.start(sys.executable, "-S", "-c", SINK)
    deadline = time.monotonic() + 5
    while not right.listening(9002) and time.monotonic() < deadline:
        time.sleep(0.05)
    for code in (FLOOD, BULK):
        subprocess.run(left.words(sys.executable, "-S", "-c", code, str(seconds)), check=True, timeout=60)


def main() -> int:
    """Print ns a call, most called first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    if why_not():
        print(f"bench.hooks: {why_not()}", file=sys.stderr)
        return 3
    before = run("sysctl", "-n", STATS).strip()
    run("sysctl", "-qw", f"{STATS}=1")
    try:
        with KernelOwners() as kernel, pair() as (_, left, right):
            traffic(left, right, options.seconds)
            found = statistics(kernel)
    finally:
        run("sysctl", "-qw", f"{STATS}={before}")
    print(machine())
    for name, (calls, spent) in sorted(found.items(), key=lambda each: -each[1][0]):
        print(f"{name:18} {calls:10} calls  {spent / calls if calls else 0:8.0f} ns")
    return 0


if __name__ == "__main__":
    sys.exit(main())
