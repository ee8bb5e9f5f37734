"""Flows that others announced: an FTP data connection, the media of a call, the file of a TFTP request.

An announcement names where such a flow will be; one that opens there, to or from, is asked about it first.
Each is an event of its own, (now, Expectation), so that whoever reads the announcing flow may tell whoever
reads the announced one. Pure: times come from the packets. Bounded: the oldest gives way and is counted.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import msgspec

from procwire.model import address as addresses
from procwire.model.flow import Flow
from procwire.model.observation import Announced

MAX_EXPECTED = 4096  # announcements that wait for their flow
LIFE_NS = 300 * 10**9  # a call may ring for minutes (RFC 3261 section 13.3.1.1: at least three)

_NUMBERS = {"tcp": 6, "udp": 17}
_TCP = 6


class Expectation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One end of a flow to come: transport (its number), tunnel, address and port; and what is said of it."""

    proto: int
    tunnel: int
    family: int
    high: int
    low: int
    port: int
    app: str
    note: str
    by: str  # flow_id of the flow that announced it


class Expected:
    """``add`` what was announced; ``find`` it when a flow has its first payload."""

    def __init__(self, limit: int = MAX_EXPECTED, life_ns: int = LIFE_NS) -> None:
        self._limit = limit
        self._life = life_ns
        self.known: OrderedDict[tuple[Any, ...], tuple[int, Expectation]] = OrderedDict()
        self.evicted = 0

    def __len__(self) -> int:
        return len(self.known)

    def add(self, now: int, wanted: Expectation) -> None:
        """Announced at ``now``; a later announcement of the same end takes the place of an earlier."""
        key = (wanted.proto, wanted.tunnel, wanted.family, wanted.high, wanted.low, wanted.port)
        self.known[key] = (now, wanted)
        self.known.move_to_end(key)
        if len(self.known) > self._limit:
            _, (since, _) = self.known.popitem(last=False)
            self.evicted += since + self._life >= now

    def find(self, flow: Flow, now: int) -> Any:
        """What was announced of this flow, or None; over TCP that was one connection, and is used up."""
        if not self.known:
            return None
        front = (flow.proto, flow.tunnel, flow.family)
        for key in (
            (*front, flow.dst_hi, flow.dst_lo, flow.dport),
            (*front, flow.src_hi, flow.src_lo, flow.sport),
        ):
            found = self.known.get(key)
            if found is not None:
                since, wanted = found
                if flow.proto == _TCP or now > since + self._life:
                    del self.known[key]
                if now <= since + self._life:
                    return wanted
        return None


def expectations(flow: Flow, told: Announced) -> list[Expectation]:
    """An announcement made in a flow, as events; none where it names no address that there can be."""
    ends = [_read(told.address) if told.address else None]
    if not told.address or told.translatable:
        ends.append(_own(flow, told))
    if not 0 < told.port < 1 << 16:
        return []
    return [_one(flow, told, end) for end in dict.fromkeys(ends) if end is not None and any(end[1:])]


def _one(flow: Flow, told: Announced, end: tuple[int, int, int]) -> Expectation:
    return Expectation(
        proto=_NUMBERS[told.transport],
        tunnel=flow.tunnel,
        family=end[0],
        high=end[1],
        low=end[2],
        port=told.port,
        app=told.app,
        note=told.note,
        by=flow.flow_id,
    )


def _own(flow: Flow, told: Announced) -> tuple[int, int, int]:
    """The address of the side that said so."""
    if told.side:
        return flow.family, flow.dst_hi, flow.dst_lo
    return flow.family, flow.src_hi, flow.src_lo


def _read(address: str) -> tuple[int, int, int] | None:
    try:
        return addresses.split(address)
    except ValueError:
        return None
