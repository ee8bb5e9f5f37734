"""Packets for the emulation's tests, and a journey in packet time."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.link import Link

MS = 1_000_000
SECOND = 1_000_000_000


def packet(number: int = 0, *, size: int = 100, port: int = 5000, tos: int = 0) -> bytes:
    """An IPv4 UDP packet with a right header checksum; its number is in its first payload bytes."""
    head = struct.pack("!BBHHHBBH4s4s", 0x45, tos, size, 0, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
    total = sum(struct.unpack("!10H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~total & 0xFFFF) + head[12:]
    body = struct.pack("!HHHHI", port, 9, size - 20, 0, number)
    return (head + body).ljust(size, b"\0")


def number_of(data: bytes) -> int:
    """The number of a packet."""
    return int(struct.unpack_from("!I", data, 28)[0])


def drain(link: Link, until: int | None = None) -> list[tuple[int, bytes]]:
    """(time, packet) of all that arrives, each collected at the moment it is due."""
    arrived = []
    while (at := link.due()) is not None and (until is None or at <= until):
        arrived += [(at, data) for data in link.collect(now=at)]
    return arrived


def journey(link: Link, packets: Iterable[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """Offer packets at their times; (time, packet) of all that arrives."""
    arrived = []
    for now, data in packets:
        arrived += drain(link, now)
        link.offer(data, now=now)
    arrived += drain(link)
    counts = link.counts
    assert counts.offered + counts.duplicated == counts.passed + counts.gone + link.held
    return arrived


def sent(count: int, gap: int, *, size: int = 100) -> list[tuple[int, bytes]]:
    """So many packets, so far apart."""
    return [(number * gap, packet(number, size=size)) for number in range(count)]


def link(conditions: Conditions, seed: int = 1, name: str = "out") -> Link:
    """A link that begins at 0."""
    return Link(conditions, seed=seed, name=name, now=0)
