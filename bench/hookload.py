"""Traffic for ``bench.hooks``: UDP and TCP over a veth pair, with ``procwire watch`` at the end that is looked at."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from procwire.bpf import cgroup
from tests.lab import Host, pair

from bench import hooks

PORT = 9000
WATCH = ("-m", "procwire", "watch", "-i", "eth0", "--json", "--source", "both")


@contextlib.contextmanager
def watching(host: Host) -> Iterator[int]:
    """``procwire watch`` in a namespace; its pid."""
    watcher = subprocess.Popen(
        host.words(sys.executable, *WATCH), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        assert watcher.stderr is not None
        while line := watcher.stderr.readline():
            if b"watching" in line:
                break
        yield watcher.pid
    finally:
        watcher.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            watcher.communicate(timeout=20)
        watcher.kill()


def stream(sender: Host, receiver: Host, seconds: float) -> None:
    """One TCP connection as fast as it goes, in a child of its own at each end."""
    reader = (
        "import socket\nserver = socket.create_server(('', 9001))\nprint('up', flush=True)\n"
        "conn, _ = server.accept()\nwhile conn.recv(1 << 16): pass\n"
    )
    writer = (
        "import socket, sys, time\nconn = socket.create_connection((sys.argv[1], 9001))\n"
        "end = time.monotonic() + float(sys.argv[2])\nblock = bytes(1400)\n"
        "conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)\n"
        "while time.monotonic() < end: conn.send(block)\n"
    )
    taking = receiver.start(sys.executable, "-S", "-c", reader, stdout=subprocess.PIPE)
    assert taking.stdout is not None
    taking.stdout.readline()
    sender.run(sys.executable, "-S", "-c", writer, "10.77.0.2", str(seconds))
    taking.wait(20)


def datagrams(sender: Host, rate: int, seconds: float, sockets: int) -> None:
    """Paced datagrams from connected sockets, in a child of its own."""
    words = [sys.executable, "-m", "bench.live", "--flood", "10.77.0.2", "--rate", str(rate), "--taken",
             "--seconds", str(seconds), "--sockets", str(sockets)]  # fmt: skip
    subprocess.run(sender.words(*words), check=True, timeout=seconds + 30)


def phases(rate: int, seconds: float, sockets: int) -> Iterator[tuple[str, dict[str, hooks.Cost]]]:
    """Each kind of traffic seen from each end: a title, and what ran meanwhile."""
    with pair() as (_, sender, receiver), hooks.measured(), hooks.idle(cgroup.root()):
        taker = receiver.socket(socket.AF_INET, socket.SOCK_DGRAM)
        taker.bind(("10.77.0.2", PORT))
        with taker:
            for host, end in ((sender, "sender"), (receiver, "receiver")):
                with watching(host) as pid:
                    for kind, play in (
                        (f"UDP, {sockets} connected sockets", lambda: datagrams(sender, rate, seconds, sockets)),
                        ("TCP, one connection", lambda: stream(sender, receiver, seconds)),
                    ):
                        before = {**hooks.totals(os.getpid()), **hooks.totals(pid)}
                        play()
                        time.sleep(0.2)
                        after = {**hooks.totals(os.getpid()), **hooks.totals(pid)}
                        yield f"{kind}, seen at the {end}", hooks.between(before, after)


