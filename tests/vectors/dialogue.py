"""A dialogue for the laws out of a capture: ``python -m tests.vectors.dialogue CAPTURE [FLOW [BYTES]]``.

Prints flow number FLOW (from 0) in the text form that tests/dpi/samples.py reads, up to about BYTES of each
side. Only for captures without losses, as the scripts here make them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dpkt


def flows(path: Path) -> list[tuple[str, int, list[tuple[str, bytes]]]]:
    """(transport, port, [(side, bytes)]) of each flow, in order of appearance."""
    found: dict[object, tuple[str, int, list[tuple[str, bytes]]]] = {}
    with path.open("rb") as file:
        for _, frame in dpkt.pcap.Reader(file):
            packet = dpkt.ethernet.Ethernet(frame).data
            inner = getattr(packet, "data", None)
            if not isinstance(inner, dpkt.tcp.TCP | dpkt.udp.UDP):
                continue
            ends = ((packet.src, inner.sport), (packet.dst, inner.dport))
            key = (type(inner), frozenset(ends))
            name = "tcp" if isinstance(inner, dpkt.tcp.TCP) else "udp"
            flow = found.setdefault(key, (name, inner.dport, []))
            if inner.data:
                flow[2].append((">" if inner.dport == flow[1] else "<", bytes(inner.data)))
    return [flow for flow in found.values() if flow[2]]


def main(words: list[str]) -> int:
    """Print one flow."""
    number = int(words[1]) if len(words) > 1 else 0
    bound = int(words[2]) if len(words) > 2 else 3000
    transport, port, steps = flows(Path(words[0]))[number]
    print(f"# from {Path(words[0]).name}\n{transport} {port}")
    told = {">": 0, "<": 0}
    joined: list[tuple[str, bytes]] = []
    for side, data in steps:
        if joined and joined[-1][0] == side and transport == "tcp":
            joined[-1] = (side, joined[-1][1] + data)
        else:
            joined.append((side, data))
    for side, data in joined:
        if told[side] + len(data) > bound:
            break
        told[side] += len(data)
        print(side, data.hex())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
