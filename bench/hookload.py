"""Traffic for ``bench.hooks``: UDP and TCP over a veth pair, ``procwire watch`` at one of its ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from tests.lab import Host, pair

from bench import hooks, plain
from procwire.bpf import cgroup

PORT = 9000
OPENING_SECONDS = 1.0  # by then every flow has handed on its first bytes
WHEN = ("its first second", "afterwards")
WATCH = ("-m", "procwire", "watch", "-i", "eth0", "--json", "--source", "both")
TAKE = """
import socket
server = socket.create_server(('', 9001))
print('up', flush=True)
connection, _ = server.accept()
while connection.recv(1 << 16): pass
"""
GIVE = """
import socket, sys, time
connection = socket.create_connection((sys.argv[1], 9001))
connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
end, block = time.monotonic() + float(sys.argv[2]), bytes(1400)
while time.monotonic() < end: connection.send(block)
"""
Spent = dict[str, hooks.Cost]
Programs = list[subprocess.Popen[bytes]]


@contextlib.contextmanager
def watching(host: Host) -> Iterator[int]:
    """``procwire watch`` in a namespace; its pid."""
    watcher = subprocess.Popen(
        host.words(sys.executable, *WATCH), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        assert watcher.stderr is not None
        while (line := watcher.stderr.readline()) and b"watching" not in line:
            continue
        yield watcher.pid
    finally:
        watcher.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            watcher.communicate(timeout=20)
        watcher.kill()


def stream(sender: Host, receiver: Host, seconds: float) -> Programs:
    """One TCP connection as fast as it goes."""
    taking = receiver.start(sys.executable, "-S", "-c", TAKE, stdout=subprocess.PIPE)
    assert taking.stdout is not None
    taking.stdout.readline()
    return [sender.start(sys.executable, "-S", "-c", GIVE, "10.77.0.2", str(seconds)), taking]


def datagrams(sender: Host, rate: int, seconds: float, sockets: int) -> Programs:
    """Paced datagrams from connected sockets."""
    words = [
        "--flood",
        "10.77.0.2",
        "--rate",
        str(rate),
        "--seconds",
        str(seconds),
        "--sockets",
        str(sockets),
    ]
    return [sender.start(sys.executable, "-m", "bench.live", "--taken", *words)]


def phases(rate: int, seconds: float, sockets: int) -> Iterator[tuple[str, Spent, Spent]]:
    """Each kind of traffic seen from each end: a title, what ran, and what the plain counter took."""
    with pair() as (_, sender, receiver), hooks.measured(), hooks.idle(cgroup.root()):
        taker = receiver.socket(socket.AF_INET, socket.SOCK_DGRAM)
        taker.bind(("10.77.0.2", PORT))
        plays: dict[str, Callable[[], Programs]] = {
            f"UDP, {sockets} connected sockets": lambda: datagrams(sender, rate, seconds, sockets),
            "TCP, one connection": lambda: stream(sender, receiver, seconds),
        }
        with taker:
            with plain.counting(cgroup.root()):
                counter = {kind: _played(os.getpid(), play, seconds) for kind, play in plays.items()}
            for host, end in ((sender, "sender"), (receiver, "receiver")):
                with watching(host) as pid:
                    for kind, play in plays.items():
                        for when, spent, beside in zip(
                            WHEN, _played(pid, play, seconds), counter[kind], strict=True
                        ):
                            yield f"{kind}, at the {end}: {when}", spent, beside


def _played(pid: int, play: Callable[[], Programs], seconds: float) -> tuple[Spent, Spent]:
    """What ran in the first second of a play, and afterwards."""
    before = _now(pid)
    programs = play()
    time.sleep(OPENING_SECONDS)
    opened = _now(pid)
    for program in programs:
        program.wait(seconds + 30)
    return hooks.between(before, opened), hooks.between(opened, _now(pid))


def _now(pid: int) -> Spent:
    return {**hooks.totals(os.getpid()), **hooks.totals(pid)}
