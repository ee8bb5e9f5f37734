"""tshark as a witness: the same capture, read by another program."""

from __future__ import annotations

import subprocess
from pathlib import Path

BETWEEN = "\x1f"
FRAME = ("frame.len", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport",
         "udp.srcport", "udp.dstport", "tcp.len", "udp.length", "tcp.analysis.initial_rtt",
         "tcp.analysis.retransmission", "tcp.analysis.fast_retransmission")  # fmt: skip


def fields(capture: Path, names: tuple[str, ...], only: str = "") -> list[dict[str, list[str]]]:
    """The named fields of each frame that ``only`` lets through; a field that is absent is an empty list."""
    words = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "separator=\t", "-E", "occurrence=a",
             "-E", f"aggregator={BETWEEN}"]  # fmt: skip
    for name in names:
        words += ["-e", name]
    done = subprocess.run(
        [*words, *(["-Y", only] if only else [])], capture_output=True, check=True, timeout=60, text=True
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [
        {name: value.split(BETWEEN) if value else [] for name, value in zip(names, row, strict=True)}
        for row in rows
    ]


def every(rows: list[dict[str, list[str]]], name: str) -> list[str]:
    """All values of one field, sorted."""
    return sorted(value for row in rows for value in row[name])
