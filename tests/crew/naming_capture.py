"""A capture of name servers' answers, and between any two of them connections to the addresses they named."""

from __future__ import annotations

import struct
from pathlib import Path

from bench.traffic import segment

DNS = Path(__file__).parents[1] / "vectors" / "dns" / "udp.pcap"
CLIENT, SERVER = 0x0A4D0001, 0xC0000250  # 10.77.0.1, 192.0.2.80
BETWEEN = 5


def capture(folder: Path) -> Path:
    """Nanosecond pcap, little endian, as the capture of the answers is."""
    content = DNS.read_bytes()
    out, at, port = [content[:24]], 24, 30_000
    while at < len(content):
        seconds, part, size, _ = struct.unpack_from("<IIII", content, at)
        out.append(content[at : at + 16 + size])
        at += 16 + size
        for _ in range(BETWEEN):
            port += 1
            frame = segment((CLIENT, port, SERVER, 443), 2, [port, 0], b"")
            out.append(struct.pack("<IIII", seconds, part, len(frame), len(frame)) + frame)
    path = folder / "named.pcap"
    path.write_bytes(b"".join(out))
    return path
