# cython: language_level=3
"""Flows taken together: by process, remote address, protocol, unit or container.

Adds flows up one by one and holds a few numbers a group, not the flows. Groups are bounded: beyond
MAX_GROUPS, new ones are counted together as ``(others)``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import cython
import msgspec

from procwire.model import address, getters, shaped_tables
from procwire.model.rows import GroupRow, Shaped

if cython.compiled:
    from cython.cimports.procwire.model.flow import Flow
    from cython.cimports.procwire.model.rows import FlowRow
else:
    from procwire.model.flow import Flow
    from procwire.model.rows import FlowRow

MAX_GROUPS = 100_000
MAX_NAMES = 16  # of impairments in a group
OTHERS = "(others)"
NOBODY = "(unknown)"
HOST = "(host)"  # a process that is in no container, or in no unit

MIXED = "mixed"
_IPV4 = cython.declare(cython.int, address.IPV4)

Found = dict[tuple[str, str], "Tally"]
Key = Callable[[FlowRow], tuple[str, str]]


def _process(row: FlowRow) -> tuple[str, str]:
    return (row.process.name if row.process else NOBODY, row.owner.confidence)


def _unit(row: FlowRow) -> tuple[str, str]:
    return ((row.process.unit or HOST) if row.process else NOBODY, row.owner.confidence)


def _container(row: FlowRow) -> tuple[str, str]:
    return ((row.process.container_name or HOST) if row.process else NOBODY, row.owner.confidence)


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


@cython.cclass
class Tally:
    """The sums of one group."""

    name: str
    confidence: str
    flows: cython.longlong
    packets: cython.longlong
    bytes_out: cython.longlong
    bytes_in: cython.longlong
    first: cython.longlong
    last: cython.longlong
    shaped: Any  # Shaped, or None

    def __init__(self, name: str, confidence: str) -> None:
        self.name = name
        self.confidence = confidence
        self.flows = self.packets = self.bytes_out = self.bytes_in = 0
        self.first = self.last = 0
        self.shaped = None

    @cython.ccall
    @cython.exceptval(-1)
    def add(self, flow: Flow, confidence: str) -> cython.int:
        """Count one flow, whose owner or protocol is known with ``confidence``."""
        if self.flows == 0 or flow.first < self.first:
            self.first = flow.first
        if self.flows == 0 or flow.last > self.last:
            self.last = flow.last
        self.flows += 1
        self.packets += flow.packets_out + flow.packets_in
        self.bytes_out += flow.bytes_out
        self.bytes_in += flow.bytes_in
        if confidence is not self.confidence and confidence != self.confidence:
            self.confidence = MIXED
        return 0

    def touch(self, shaped: Shaped | None) -> None:
        """Count what was done to a flow on purpose."""
        self.shaped = joined_shaped(self.shaped, shaped)

    def copy(self) -> Tally:
        """Another one with the same sums."""
        other = Tally(self.name, self.confidence)
        other.flows = self.flows
        other.packets = self.packets
        other.bytes_out = self.bytes_out
        other.bytes_in = self.bytes_in
        other.first = self.first
        other.last = self.last
        other.shaped = self.shaped
        return other

    def join(self, other: Tally) -> None:
        """Count in what another has counted of the same group."""
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)
        self.flows += other.flows
        self.packets += other.packets
        self.bytes_out += other.bytes_out
        self.bytes_in += other.bytes_in
        self.shaped = joined_shaped(self.shaped, other.shaped)
        if other.confidence != self.confidence:
            self.confidence = MIXED

    def row(self) -> GroupRow:
        """The sums as a row."""
        return GroupRow(
            group=self.name,
            confidence=self.confidence,
            flows=self.flows,
            packets=self.packets,
            bytes_out=self.bytes_out,
            bytes_in=self.bytes_in,
            first=self.first,
            last=self.last,
            shaped=self.shaped,
        )


@cython.cclass
class Groups:
    """``by``: a name of KEYS. ``add`` flows that are done; ``rows`` may count open ones in for once.

    A flow's far address is text only in a group's name: ``_near`` finds its group by the number.
    """

    _key: Key
    _split: cython.bint  # what is guessed stands apart from what was detected
    _far: cython.bint
    _near: dict[Any, Tally]
    found: dict  # type: ignore[type-arg]  # Found

    def __init__(self, by: str) -> None:
        self._key = KEYS[by]
        self._split = by == "protocol"
        self._far = by == "remote"
        self._near = {}
        self.found = {}

    def replace(self, found: Found) -> None:
        """Have these sums, and no others."""
        self.found = found
        self._near = {}

    @cython.ccall
    @cython.exceptval(-1)
    def add(self, row: FlowRow) -> cython.int:
        """Count one flow."""
        if self._far and row.context.impaired is None:
            return self._meet(row)
        self.count(self.found, row)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def _meet(self, row: FlowRow) -> cython.int:
        """Count one flow in the group of its far address."""
        flow: Flow = row.flow
        inward: cython.bint = getters.direction(row) == "in"
        high: cython.ulonglong = flow.src_hi if inward else flow.dst_hi
        low: cython.ulonglong = flow.src_lo if inward else flow.dst_lo
        number: Any = low
        if flow.family != _IPV4:
            number = (flow.family, high, low)
        tally: Any = self._near.get(number)
        if tally is None:
            tally = _place(self.found, (address.text(flow.family, high, low), ""), "")
            if len(self._near) < MAX_GROUPS:
                self._near[number] = tally
        to: Tally = tally
        return to.add(flow, "")

    def rows(self, also: Iterable[FlowRow] = (), *, limit: int = 0) -> list[GroupRow]:
        """The groups, most bytes first; with ``also`` counted in, and at most ``limit`` of them (0: all)."""
        found = self.found
        extra = iter(also)
        one = next(extra, None)
        if one is not None:
            found = {key: tally.copy() for key, tally in found.items()}
            self.count(found, one)
            for row in extra:
                self.count(found, row)
        rows = _sorted(found)
        return rows[:limit] if limit else rows

    def put(self, row: GroupRow) -> None:
        """Count in what another process says of one flow, or of several."""
        self._put(self.found, row)

    def with_rows(self, also: Iterable[GroupRow]) -> list[GroupRow]:
        """The groups, most bytes first; with what another process says of open flows counted in."""
        found = {key: tally.copy() for key, tally in self.found.items()}
        for row in also:
            self._put(found, row)
        return _sorted(found)

    def _put(self, found: Found, row: GroupRow) -> None:
        key = (row.group, row.confidence if self._split else "")
        if key not in found and len(found) >= MAX_GROUPS:
            key = (OTHERS, "")
            row = msgspec.structs.replace(row, group=OTHERS, confidence="")
        if key in found:
            found[key].join(_tally_of(row))
        else:
            found[key] = _tally_of(row)

    def harvest(self) -> dict[tuple[str, str], GroupRow]:
        """All sums, as values that go to another process."""
        return {key: tally.row() for key, tally in self.found.items()}

    @staticmethod
    def joined(harvests: Iterable[Mapping[tuple[str, str], GroupRow]]) -> Found | None:
        """The sums of parts together; None where they are more than are kept apart."""
        found: Found = {}
        for harvest in harvests:
            for key, row in harvest.items():
                tally = _tally_of(row)
                if key in found:
                    found[key].join(tally)
                else:
                    found[key] = tally
        return found if len(found) < MAX_GROUPS else None

    @cython.ccall
    @cython.exceptval(-1)
    def count(self, found: dict, row: FlowRow) -> cython.int:  # type: ignore[type-arg]
        """Count one flow into ``found``."""
        name, confidence = self._key(row)
        tally: Tally = _place(found, (name, confidence if self._split else ""), confidence)
        tally.add(row.flow, "" if tally.name is OTHERS else confidence)
        if row.context.impaired is not None:
            tally.touch(shaped_of(row))
        return 0


@cython.cfunc
def _place(found: dict, key: tuple, confidence: str) -> Tally:  # type: ignore[type-arg]
    """The group of a key, or the one for all that are too many."""
    tally: Any = found.get(key)
    if tally is None and len(found) >= MAX_GROUPS:
        key, confidence = (OTHERS, ""), ""
        tally = found.get(key)
    if tally is None:
        tally = found[key] = Tally(key[0], confidence)
    return tally


def _tally_of(row: GroupRow) -> Tally:
    tally = Tally(row.group, row.confidence)
    tally.flows, tally.packets = row.flows, row.packets
    tally.bytes_out, tally.bytes_in = row.bytes_out, row.bytes_in
    tally.first, tally.last = row.first, row.last
    tally.shaped = row.shaped
    return tally


def shaped_of(row: FlowRow) -> Shaped | None:
    """What was done to one flow on purpose; None for nothing."""
    name = shaped_tables.impairment(row)
    if name is None:
        return None
    now, was = getters.smoothed(row), shaped_tables.before(0)(row)
    return Shaped(
        names=[name],
        round_trips=[0, 0] if now is None else [now, 1],
        before=[0, 0] if was is None else [was, 1],
        resent=getters.resent(row) or 0,
        resent_before=shaped_tables.before(1)(row) or 0,
    )


def joined_shaped(one: Shaped | None, other: Shaped | None) -> Shaped | None:
    """Both together, in a value of its own."""
    if one is None or other is None:
        return one if other is None else other
    return Shaped(
        names=list(dict.fromkeys((*one.names, *other.names)))[:MAX_NAMES],
        round_trips=[a + b for a, b in zip(one.round_trips, other.round_trips, strict=True)],
        before=[a + b for a, b in zip(one.before, other.before, strict=True)],
        resent=one.resent + other.resent,
        resent_before=one.resent_before + other.resent_before,
    )


def _sorted(found: Found) -> list[GroupRow]:
    rows = [tally.row() for tally in found.values()]
    rows.sort(key=_order)
    return rows


def _order(group: GroupRow) -> tuple[int, str, str]:
    return (-group.bytes, group.group, group.confidence)
