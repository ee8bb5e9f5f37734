"""``procwire watch`` on a veth pair under a flood, beside ``tcpdump -w /dev/null`` at the same rate.

Repeat with ``make bench`` or ``python -m bench.live [--rate N] [--seconds N] [--sockets N] [--hooks]
[--taken] [--first] [--source bpf|tap|both]`` (root). The sender has connected UDP sockets in one namespace,
paced; the kernel cuts what they send into packets of 64 bytes; the other end drops them, or with ``--taken``
a socket takes them all. What was sent is read from the interface's counters: whatever nobody accounts for is
seen.
On a machine that is busy with other things, ``--first`` has sender and watch served before them.
``bench.memory`` says what a watch of many flows takes.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import fcntl
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from tests.lab import Host, pair, wait_for, why_not

from bench import hooks
from bench.clock import first, machine

PACKET_BYTES = 64  # of payload
BATCH = 60  # packets that leave with one system call: UDP_MAX_SEGMENTS is 64 before Linux 6.9
UDP_SEGMENT = 103  # linux/udp.h, since Linux 4.18
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17  # linux/ethtool.h
SETTLE_SECONDS = 1.0
START_SECONDS = 2.0  # a watch begins with a look at all that is there; what it costs later is measured


def refuse_joined(name: str) -> None:
    """Switch checksum offload off, so that the kernel cuts joined datagrams up before they reach the wire."""
    value = ctypes.create_string_buffer(struct.pack("=II", ETHTOOL_STXCSUM, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, struct.pack("16sP", name.encode(), ctypes.addressof(value)))


def flood(target: str, rate: int, seconds: float, sockets: int, ports: int = 100) -> int:
    """Send paced datagrams from ``sockets`` ports; returns how many left. Runs in a child process.

    Each call hands the kernel BATCH datagrams in one piece, which it cuts into packets of their own.
    """
    refuse_joined("eth0")
    outlets = []
    for number in range(sockets):
        outlet = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        outlet.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, PACKET_BYTES)
        outlet.connect((target, 9000 + number % ports))
        outlets.append(outlet)
    piece = bytes(PACKET_BYTES * BATCH)
    sent, turn, start = 0, 0, time.monotonic()
    while (passed := time.monotonic() - start) < seconds:
        if sent > passed * rate:
            time.sleep(0.0002)
            continue
        outlets[turn % sockets].send(piece)
        turn += 1
        sent += BATCH
    return sent


def flood_inside(host: Host, target: str, options: argparse.Namespace) -> None:
    """The flood, in a namespace, in a process of its own."""
    words = [sys.executable, "-m", "bench.live", "--flood", target, "--rate", str(options.rate),
             "--seconds", str(options.seconds), "--sockets", str(options.sockets)]  # fmt: skip
    words += ["--taken"] if options.taken else []
    subprocess.run(host.words(*words), check=True, timeout=options.seconds + 30)


def received(host: Host) -> int:
    """Packets that the interface of a host has received."""
    shown = json.loads(host.run("ip", "-j", "-s", "link", "show", "eth0"))
    return int(shown[0]["stats64"]["rx"]["packets"])


def family(pid: int) -> list[int]:
    """A process and all below it: a watch is several."""
    found = [pid]
    for each in found:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            found += [int(child) for child in children.read_text(encoding="ascii").split()]
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and those below it so far."""
    total = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def pss(pid: int) -> int:
    """Memory of a process and those below it, shared pages in proportion, KiB."""
    rollups = [Path(f"/proc/{each}/smaps_rollup").read_text(encoding="ascii") for each in family(pid)]
    return sum(int(re.findall(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[0]) for rollup in rollups)


def measure(words: list[str], ready: str, options: argparse.Namespace) -> tuple[int, float, str]:
    """Flood with a watcher in place: (packets received, its CPU share, its last words)."""
    with contextlib.ExitStack() as stack:
        _, sender, receiver = stack.enter_context(pair())
        if options.hooks:
            stack.enter_context(hooks.measured())
        if options.taken:  # one socket takes all, and reads none
            taker = stack.enter_context(receiver.socket(socket.AF_INET, socket.SOCK_DGRAM))
            taker.bind(("10.77.0.2", 9000))
        else:
            receiver.run("nft", "add table ip t; add chain ip t i { type filter hook input priority 0; }; "
                                "add rule ip t i udp dport 9000-9099 drop")  # fmt: skip
        watcher = subprocess.Popen(receiver.words(*words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert watcher.stderr is not None
        line = watcher.stderr.readline().decode()
        assert ready in line, line
        time.sleep(START_SECONDS)
        before, cpu = received(receiver), cpu_seconds(watcher.pid)
        flood_inside(sender, "10.77.0.2", options)
        wait_for(lambda: received(receiver) > before, what="the flood")
        time.sleep(SETTLE_SECONDS)
        used = cpu_seconds(watcher.pid) - cpu
        if options.hooks:
            for name, (runs, mean) in sorted(hooks.costs(watcher.pid).items()):
                print(f"{name:<16} {mean:7.0f} ns {runs:>10} runs")
        print(f"memory    {pss(watcher.pid) >> 10} MiB PSS")
        watcher.send_signal(signal.SIGINT)
        words_left = watcher.stderr.read().decode()
        watcher.wait(20)
        return received(receiver) - before, used / options.seconds, words_left


def main() -> int:
    """Print the comparison; exit code 1 when a packet is unaccounted for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=250_000)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--sockets", type=int, default=100)
    parser.add_argument("--hooks", action="store_true", help="show what each program costs in the kernel")
    parser.add_argument("--taken", action="store_true", help="a socket takes the flood instead of a firewall")
    parser.add_argument("--source", choices=("bpf", "tap", "both"), help="of procwire watch")
    parser.add_argument("--first", action="store_true", help="be served before all else on this machine")
    parser.add_argument("--flood", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.flood:
        flood(options.flood, options.rate, options.seconds, options.sockets, 1 if options.taken else 100)
        return 0
    if why_not():
        print(f"bench.live: {why_not()}", file=sys.stderr)
        return 3
    if options.first:
        first()
    own = [sys.executable, "-m", "procwire", "watch", "-i", "eth0", "--json"]
    own += ["--source", options.source] if options.source else []
    sent, share, last = measure(own, "watching", options)
    seen, dropped = (int(n) for n in re.findall(r"(\d+) packets seen, (\d+) dropped", last)[-1])
    print(machine())
    print(f"{sent / options.seconds:,.0f} packets/s for {options.seconds:g} s over {options.sockets} sockets")
    print(f"procwire  cpu {share:6.1%}  received {sent}  seen {seen}  dropped {dropped}")
    peer = ["tcpdump", "-Z", "root", "-n", "-i", "eth0", "-w", "/dev/null"]
    peer_sent, peer_share, peer_last = measure(peer, "listening on", options)
    lost = re.findall(r"(\d+) packets dropped by kernel", peer_last)
    print(f"tcpdump   cpu {peer_share:6.1%}  received {peer_sent}  dropped {lost[-1] if lost else '?'}")
    print(f"ratio     {share / peer_share if peer_share else 0:.2f} of tcpdump's processor time")
    unexplained = sent - seen - dropped
    print(f"unexplained {max(0, unexplained)} packets")
    return 1 if unexplained > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
