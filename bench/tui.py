"""What the terminal costs: the time from a key to the screen, processor time at rest, memory of its own.

Invariant: with 10,000 flows, a key is answered within 60 ms (median), the terminal takes at most 4 % of a
processor while nothing changes but the clock, and holds at most 60 MB (PSS) of its own. The real program runs
on a pseudo terminal in a network namespace; its engine is measured beside it, as a ratio.

    python -m bench.tui [FLOWS]
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import socket
import statistics
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

from tests.lab import Host, pair

FLOWS = 10_000
ROWS, COLUMNS = 50, 160
KEYS = 60
CHANGING = "jkjjkkGkjg"  # from the first row and back: each changes what is seen
REST_SECONDS = 10.0
LIMIT_KEY_MS, LIMIT_SHARE, LIMIT_PSS = 60.0, 0.04, 60e6


class Screen:
    """The program on a pseudo terminal."""

    def __init__(self, host: Host, *words: str) -> None:
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.environ.update(
                TERM="xterm-256color", COLORTERM="truecolor", XDG_CONFIG_HOME=tempfile.mkdtemp()
            )
            command = host.words(sys.executable, "-m", "procwire", "top", *words)
            os.execvp(command[0], command)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def drain(self, seconds: float) -> int:
        """Read what comes for so long; how many bytes."""
        count = 0
        end = time.monotonic() + seconds
        while select.select([self.descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
            try:
                count += len(os.read(self.descriptor, 1 << 16))
            except OSError:
                break
        return count

    def press(self, key: str) -> float:
        """Seconds from a key to the first bytes that draw its effect."""
        while self.drain(0.05):  # what is drawn just then is not of this key
            continue
        start = time.perf_counter()
        os.write(self.descriptor, key.encode())
        select.select([self.descriptor], [], [], 5.0)
        return time.perf_counter() - start

    def close(self) -> None:
        """End it with its own key, then for sure."""
        os.write(self.descriptor, b"\x11")
        self.drain(3.0)
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        os.waitpid(self.pid, 0)


def processor_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def own_bytes(pid: int) -> int:
    """Its proportional share of memory."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def children(pid: int) -> list[int]:
    """All that descend from a process."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *children(int(child))]
    return found


def make_flows(host: Host, count: int) -> None:
    """So many UDP conversations, one datagram each."""

    def work() -> None:
        sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]
        for number in range(count):
            sockets[number % 4].sendto(b"hello", ("10.77.0.2", 1024 + number // 4 % 60_000))
            if not number % 200:
                time.sleep(0.02)
        for each in sockets:
            each.close()

    host.inside(work)


def measured(flows: int) -> list[tuple[str, float, float, str]]:
    """Name, figure, limit, and the figure in words."""
    with pair() as (_, left, _right):
        screen = Screen(left, "-i", "eth0")
        try:
            screen.drain(4.0)
            make_flows(left, flows)
            screen.press("2")
            screen.drain(3.0)
            keys = sorted(screen.press(key) for key in CHANGING * (KEYS // len(CHANGING)))
            screen.drain(1.5)
            engines = children(screen.pid)
            before, others = processor_seconds(screen.pid), sum(map(processor_seconds, engines))
            began = time.monotonic()
            while time.monotonic() - began < REST_SECONDS:
                screen.drain(0.5)
            span = time.monotonic() - began
            share = (processor_seconds(screen.pid) - before) / span
            engine = (sum(map(processor_seconds, engines)) - others) / span
            memory = own_bytes(screen.pid)
        finally:
            screen.close()
    median, slow = statistics.median(keys) * 1000, keys[int(len(keys) * 0.95)] * 1000
    return [
        ("key to screen", median, LIMIT_KEY_MS, f"{median:.1f} ms median, {slow:.1f} ms at 95 %"),
        ("at rest", share, LIMIT_SHARE, f"{share:.1%} of a processor; its engine and others {engine:.1%}"),
        ("memory of its own", memory, LIMIT_PSS, f"{memory / 1e6:.1f} MB (PSS)"),
    ]


def main() -> int:
    """Print the figures; 1 where one is over its limit."""
    flows = int(sys.argv[1]) if len(sys.argv) > 1 else FLOWS
    print(f"procwire top with {flows:,} flows, {COLUMNS}x{ROWS}")
    over = False
    for name, figure, limit, words in measured(flows):
        over |= figure > limit
        print(f"{name:<18} {words}   {'OVER' if figure > limit else 'within'} {limit:g}")
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
