"""Counters of qdiscs and classes (TCA_STATS2, struct gnet_stats_*), and netem's own. Pure."""

from __future__ import annotations

from typing import NamedTuple

from procwire.shaping.codec.attributes import attributes, unpacked

_BASIC, _QUEUE, _APP, _PACKETS64 = 1, 3, 4, 8
_NETEM_BYTES = 56  # struct tc_netem_xstats, seven u64; kernels of 2026


class Statistics(NamedTuple):
    """What passed, what waits, what was dropped."""

    sent_bytes: int = 0
    packets: int = 0
    queued: int = 0
    backlog_bytes: int = 0
    drops: int = 0
    requeues: int = 0
    overlimits: int = 0


class NetemCounters(NamedTuple):
    """What netem did to packets, by kind."""

    delayed: int
    dropped: int
    corrupted: int
    duplicated: int
    reordered: int
    marked: int
    failed: int


def decode(data: bytes) -> Statistics:
    """Counters of one object. Raises CodecError."""
    found = attributes(data)
    sent, packets = unpacked("=QI", found[_BASIC]) if _BASIC in found else (0, 0)
    if _PACKETS64 in found:
        (packets,) = unpacked("=Q", found[_PACKETS64])
    queue = unpacked("=5I", found[_QUEUE]) if _QUEUE in found else (0,) * 5
    return Statistics(sent, packets, queue[0], queue[1], queue[2], queue[3], queue[4])


def netem_counters(data: bytes) -> NetemCounters | None:
    """netem's own counters; None on a kernel without them. Raises CodecError."""
    app = attributes(data).get(_APP, b"")
    return NetemCounters(*unpacked("=7Q", app)) if len(app) >= _NETEM_BYTES else None
