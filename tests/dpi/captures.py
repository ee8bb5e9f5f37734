"""Streams out of capture files, for comparing with their truth and for repeating them; read with dpkt."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dpkt

from procwire.dpi.contract import Direction

End = tuple[str, int]
MAX_STEPS = 10  # of a conversation
MAX_STEP_BYTES = 1500  # joined segments of one side
SHARED = Path(os.environ.get("PROCWIRE_SHARED", str(Path(__file__).parents[2].parent / "shared")))


def packets(path: Path) -> Iterator[Any]:
    """The IP packets of a file, as dpkt's objects."""
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        reader = dpkt.pcapng.Reader(file) if magic == b"\n\r\r\n" else dpkt.pcap.Reader(file)
        for _, frame in reader:
            try:
                packet = _network(reader.datalink(), frame)
            except dpkt.UnpackError:
                continue
            if isinstance(packet, dpkt.ip.IP | dpkt.ip6.IP6):
                yield packet


def _network(link: int, frame: bytes) -> Any:
    if link == dpkt.pcap.DLT_EN10MB:
        return dpkt.ethernet.Ethernet(frame).data
    packet = frame[{dpkt.pcap.DLT_LINUX_SLL: 16, 276: 20, dpkt.pcap.DLT_NULL: 4}.get(link, 0) :]
    return dpkt.ip6.IP6(packet) if packet[:1] >= b"\x60" else dpkt.ip.IP(packet)


def first_payloads(path: Path) -> dict[tuple[str, End, End], list[bytes]]:
    """Per direction of each flow: TCP's payload in order as one item, UDP's datagrams."""
    pieces: dict[tuple[str, End, End], list[tuple[int, bytes]]] = {}
    for packet in packets(path):
        inner = packet.data
        if not isinstance(inner, dpkt.tcp.TCP | dpkt.udp.UDP) or not inner.data:
            continue
        name = "tcp" if isinstance(inner, dpkt.tcp.TCP) else "udp"
        src, dst = (str(ipaddress.ip_address(address)) for address in (packet.src, packet.dst))
        key = (name, (src, inner.sport), (dst, inner.dport))
        pieces.setdefault(key, []).append((getattr(inner, "seq", 0), bytes(inner.data)))
    return {
        key: _ordered(found) if key[0] == "tcp" else [data for _, data in found]
        for key, found in pieces.items()
    }


def _ordered(pieces: list[tuple[int, bytes]]) -> list[bytes]:
    start = pieces[0][0]
    stream = b""
    for offset, data in sorted(((seq - start) & 0xFFFFFFFF, data) for seq, data in pieces):
        if offset <= len(stream):
            stream += data[len(stream) - offset :]
    return [stream]


def conversations(path: Path) -> list[tuple[str, int, list[tuple[Direction, bytes]]]]:
    """(transport, port that is asked, what the sides say in turns) of each flow, cut after MAX_STEPS."""
    found: dict[tuple[str, frozenset[End]], tuple[End, int, list[tuple[Direction, bytes]]]] = {}
    for packet in packets(path):
        inner = packet.data
        if not isinstance(inner, dpkt.tcp.TCP | dpkt.udp.UDP) or not inner.data:
            continue
        stream = isinstance(inner, dpkt.tcp.TCP)
        src, dst = (str(packet.src), inner.sport), (str(packet.dst), inner.dport)
        key = ("tcp" if stream else "udp", frozenset((src, dst)))
        opener, _, steps = found.setdefault(key, (src, inner.dport, []))
        side = Direction.OUT if src == opener else Direction.IN
        if stream and steps and steps[-1][0] is side:
            room = MAX_STEP_BYTES - len(steps[-1][1])
            if room > 0:
                steps[-1] = (side, steps[-1][1] + bytes(inner.data)[:room])
        elif len(steps) < MAX_STEPS:
            steps.append((side, bytes(inner.data)))
    return [(key[0], port, steps) for key, (_, port, steps) in found.items()]
