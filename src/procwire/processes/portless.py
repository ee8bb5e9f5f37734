"""Sockets of protocols without ports: ping sockets and raw sockets, by the tables of /proc/PID/net.

Ping sockets have no sock_diag handler (as of Linux 6.18), and the one for raw sockets is a module that many
kernels lack, so both are read as text: ``icmp``, ``icmp6``, ``raw`` and ``raw6`` of a process's namespace.
The local "port" is the echo identifier of a ping socket, which flows do not carry (Community ID has the type
in its place), and the protocol number of a raw one.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from procwire.processes import procfs
from procwire.processes._names import ICMP, ICMPV6
from procwire.processes.keys import Key, is_any, plain

MAX_BYTES = 1 << 18  # of a table that are read
_NAMESPACE = "ns/net"


class Row(NamedTuple):
    """One socket of a table."""

    src: bytes
    port: int
    dst: bytes
    uid: int
    inode: int


def pings(namespace: str, key: Key) -> list[Row]:
    """The ping sockets at ``key.src`` that may be talking to ``key.dst``; they only ever send echo requests.

    ``namespace`` is a path like /proc/PID/ns/net; one under /run/netns has no table to read.
    """
    name, request = {ICMP: ("icmp", 8), ICMPV6: ("icmp6", 128)}.get(key.proto, ("", 0))
    if not name or key.sport != request:
        return []
    return [row for row in _table(namespace, name, key.src) if is_any(row.dst) or row.dst == key.dst]


def raws(namespace: str, key: Key) -> list[Row]:
    """The raw sockets that send and take the flow's protocol at ``key.src``."""
    name = "raw6" if len(key.src) == 16 else "raw"
    return [row for row in _table(namespace, name, key.src) if row.port == key.proto]


def _table(namespace: str, name: str, src: bytes) -> list[Row]:
    if not namespace.endswith(_NAMESPACE):
        return []
    try:
        text = procfs.read(namespace.removesuffix(_NAMESPACE) + "net/" + name, MAX_BYTES)
    except OSError:
        return []
    return [row for row in parse(text) if is_any(row.src) or row.src == src]


def parse(text: bytes) -> list[Row]:
    """The rows of a table with a descriptor; lines that are no rows are passed over."""
    found = []
    for line in text.split(b"\n")[1:]:
        words = line.split()
        try:
            address, _, port = words[1].partition(b":")
            remote = words[2].partition(b":")[0]
            row = Row(_address(address), int(port, 16), _address(remote), int(words[7]), int(words[9]))
        except (IndexError, ValueError, struct.error):
            continue
        if row.inode > 0:
            found.append(row)
    return found


def _address(text: bytes) -> bytes:
    """Words of 32 bits in host order, as the kernel prints them."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    if len(words) not in (1, 4):
        raise ValueError("neither an IPv4 nor an IPv6 address")
    return plain(struct.pack(f"={len(words)}I", *words))
