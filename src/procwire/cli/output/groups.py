"""Flows taken together: by process, remote address, protocol, unit or container.

Adds flows up one by one and holds a few numbers a group, not the flows. Groups are bounded: beyond
MAX_GROUPS, new ones are counted together as ``(others)``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping

from procwire.model import getters
from procwire.model.rows import FlowRow, GroupRow

MAX_GROUPS = 100_000
OTHERS = "(others)"
NOBODY = "(unknown)"
HOST = "(host)"  # a process that is in no container, or in no unit

MIXED = "mixed"

Found = dict[tuple[str, str], GroupRow]
Key = Callable[[FlowRow], tuple[str, str]]


def _process(row: FlowRow) -> tuple[str, str]:
    return (row.process.name if row.process else NOBODY, row.owner.confidence)


def _unit(row: FlowRow) -> tuple[str, str]:
    return ((row.process.unit or HOST) if row.process else NOBODY, row.owner.confidence)


def _container(row: FlowRow) -> tuple[str, str]:
    return ((row.process.container or HOST) if row.process else NOBODY, row.owner.confidence)


def _remote(row: FlowRow) -> tuple[str, str]:
    return (row.flow.src if getters.direction(row) == "in" else row.flow.dst, "")


def _protocol(row: FlowRow) -> tuple[str, str]:
    flow = row.flow
    if flow.app != "unknown":
        return (flow.app, flow.app_confidence)
    return (getters.flow_proto(row) or NOBODY, flow.app_confidence)


KEYS: Mapping[str, Key] = {
    "process": _process,
    "remote": _remote,
    "protocol": _protocol,
    "unit": _unit,
    "container": _container,
}


class Groups:
    """``by``: a name of KEYS. ``add`` flows that are done; ``rows`` may count open ones in for once."""

    def __init__(self, by: str) -> None:
        self.key = KEYS[by]
        self.split = by == "protocol"  # what is guessed stands apart from what was detected
        self.found: Found = {}

    def add(self, row: FlowRow) -> None:
        """Count one flow."""
        self.count(self.found, row)

    def rows(self, also: Iterable[FlowRow] = (), *, limit: int = 0) -> list[GroupRow]:
        """The groups, most bytes first; with ``also`` counted in, and at most ``limit`` of them (0: all)."""
        found = self.found
        extra = iter(also)
        one = next(extra, None)
        if one is not None:
            found = {key: copy.copy(group) for key, group in found.items()}
            self.count(found, one)
            for row in extra:
                self.count(found, row)
        ordered = sorted(found.values(), key=lambda group: (-group.bytes, group.group, group.confidence))
        return ordered[:limit] if limit else ordered

    def count(self, found: Found, row: FlowRow) -> None:
        """Count one flow into ``found``."""
        name, confidence = self.key(row)
        key = (name, confidence if self.split else "")
        if key not in found and len(found) >= MAX_GROUPS:
            name, confidence = key = (OTHERS, "")
        group = found.get(key)
        if group is None:
            flow = row.flow
            group = GroupRow(group=name, confidence=confidence, first=flow.first, last=flow.last)
            found[key] = group
        elif group.confidence != confidence:
            group.confidence = MIXED
        _add(group, row)


def _add(group: GroupRow, row: FlowRow) -> None:
    flow = row.flow
    group.flows += 1
    group.packets += flow.packets_out + flow.packets_in
    group.bytes_out += flow.bytes_out
    group.bytes_in += flow.bytes_in
    group.first = min(group.first, flow.first)
    group.last = max(group.last, flow.last)
