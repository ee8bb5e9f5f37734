"""What two readers of the same captures are compared by: flows by 5-tuple, counts of what is the same."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from pathlib import Path

TRANSPORTS = {"TCP": 6, "UDP": 17, "ICMP": 1, "ICMPV6": 58, "IGMP": 2, "SCTP": 132}  # as nDPI calls them
PORTED = (6, 17, 132)  # for others, the truths do not agree on what a port is
SUFFIXES = (".pcap", ".pcapng", ".cap", ".gz")

Key = tuple[int, tuple[tuple[str, int], ...]]


@dataclass
class Tally:
    """Counts under one heading, and where the two sides differ."""

    title: str
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[str] = field(default_factory=list)

    def same(self, name: str, equal: bool, words: str = "") -> None:
        """Count one comparison; ``words`` say what it was where it failed."""
        self.counts[f"{name} of"] += 1
        self.counts[name] += equal
        if not equal:
            self.differences.append(f"{name}: {words}")

    def share(self, name: str) -> float:
        """The part of the comparisons that held; 1.0 for none."""
        total = self.counts[f"{name} of"]
        return self.counts[name] / total if total else 1.0

    def shares(self) -> dict[str, float]:
        """Of each comparison."""
        names = [name.removesuffix(" of") for name in self.counts if name.endswith(" of")]
        return {name: self.share(name) for name in names}

    def lines(self) -> Iterator[str]:
        """The table."""
        yield self.title
        for name in sorted(self.counts):
            if name.endswith(" of"):
                short = name.removesuffix(" of")
                share = self.share(short)
                yield f"  {short:<22} {self.counts[short]:6} of {self.counts[name]:6}  {share:.4f}"
            elif f"{name} of" not in self.counts:
                yield f"  {name:<22} {self.counts[name]:6}"


@cache
def plain_address(address: str) -> str:
    """An address in its one usual spelling; what is none stays."""
    try:
        return str(ip_address(address))
    except ValueError:
        return address


def key_of(proto: int, src: tuple[str, int], dst: tuple[str, int]) -> Key:
    """The unordered 5-tuple."""
    ported = proto in PORTED
    ends = [(plain_address(host), int(port) if ported else 0) for host, port in (src, dst)]
    return proto, tuple(sorted(ends))


def shared_folder() -> Path:
    """Where the corpora lie: PROCWIRE_SHARED, or ``shared`` beside the project."""
    return Path(os.environ.get("PROCWIRE_SHARED") or Path(__file__).parents[2] / "shared")


def captures_of(folder: Path) -> list[Path]:
    """Every capture in a folder, by its name or because it lies among the hostile ones."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)
    known = set(paths)
    hostile = sorted((folder / "robustness").rglob("*"))
    return paths + [path for path in hostile if path.is_file() and path not in known]
