"""What interfaces carry and what their queues do, now and a moment later."""

from __future__ import annotations

from typing import NamedTuple

from procwire.shaping.apply import Kernel
from procwire.shaping.codec import statistics
from procwire.shaping.codec.links import Link
from procwire.shaping.codec.statistics import Statistics
from procwire.shaping.codec.traffic import Object
from procwire.shaping.journal import Entry
from procwire.shaping.standing import Standing, class_handle
from procwire.shaping.steps import Part


class Reading(NamedTuple):
    """One interface at one moment: its counters, and its root's (the kernel's own, where nobody put one)."""

    link: Link
    kind: str
    is_ours: bool
    queue: Statistics


class Flow(NamedTuple):
    """Bits a second between two readings."""

    received: float
    sent: float


def readings(kernel: Kernel) -> list[Reading]:
    """Every interface of a namespace. Raises RefusedError."""
    return [_reading(kernel, link) for link in kernel.links()]


def flow(before: Link, after: Link, seconds: float) -> Flow:
    """What passed between two readings; a counter that went back was set anew."""
    if seconds <= 0:
        return Flow(0.0, 0.0)
    received = max(0, after.received_bytes - before.received_bytes)
    sent = max(0, after.sent_bytes - before.sent_bytes)
    return Flow(received * 8 / seconds, sent * 8 / seconds)


def of_part(kernel: Kernel, part: Part) -> Statistics | None:
    """What the tree of a part has done, or its class. None where it is not there any more."""
    link = kernel.link(device=part.device)
    if link is None:
        return None
    leave = part.leave
    through = link if leave is None or leave.device == part.device else kernel.link(device=leave.device)
    if through is None:
        return None
    slot = leave.slot if leave is not None else 1
    shaped = _shaped(kernel.standing(through, slot), slot)
    return statistics.decode(shaped.statistics) if shaped is not None else None


def remaining_ns(entry: Entry, now: int) -> int:
    """How long it still lasts."""
    return max(0, entry.deadline_ns - now)


def _shaped(standing: Standing, slot: int) -> Object | None:
    if standing.is_alone:
        return standing.root
    classes = [each for each in standing.classes if each.handle == class_handle(slot) and standing.is_shared]
    return (standing.leaf(slot) if classes else None) or next(iter(classes), None)


def _reading(kernel: Kernel, link: Link) -> Reading:
    standing = kernel.standing(link)
    root = next((each for each in standing.qdiscs if each.parent == 0xFFFFFFFF), None)
    if root is None:
        return Reading(link, "", is_ours=False, queue=Statistics())
    return Reading(link, root.kind, standing.is_ours, statistics.decode(root.statistics))
