"""Which flows an impairment touches, and how they were before it. Pure: whoever uses it reads the board.

A flow is touched where it lived while its interface, its owner or its addresses were shaped. Its round trip
and its retransmissions of the moment in which the impairment was first seen are kept, so that before and
during can be told apart. What is not known of a flow's owner touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import msgspec

from procwire.model.process import Owner, ProcessRef
from procwire.model.rows import FlowRow
from procwire.shaping.board import Notice
from procwire.shaping.failure import ShapingError
from procwire.shaping.selection import Selector, selector
from procwire.shaping.target import Target, target, unit_of

MAX_SEEN = 64  # impairments that are remembered when they are over
MAX_BEFORE = 100_000  # flows whose numbers of before are kept
Before = tuple[int | None, int | None]  # smoothed round trip in ns, retransmissions


class Seen(msgspec.Struct):
    """One impairment, from when until when, and what its flows were like before."""

    notice: Notice
    whose: Target
    selectors: tuple[Selector, ...]
    networks: tuple[IPv4Network | IPv6Network, ...]
    until: int = 0  # 0: it is still there
    before: dict[int, Before] = {}


class Sightings:
    """``own`` is the inode of the namespace that flows are seen in."""

    def __init__(self, own: int) -> None:
        self._own = own
        self._seen: list[Seen] = []

    def take(self, notices: Iterable[Notice], rows: Callable[[], Iterable[FlowRow]], now: int) -> None:
        """What is shaped now. ``rows`` are the flows that live, asked for where something new is."""
        listed = {(each.id, each.words): each for each in notices}
        for seen in self._seen:
            if not seen.until and (seen.notice.id, seen.notice.words) not in listed:
                seen.until = now
        known = {(seen.notice.id, seen.notice.words) for seen in self._seen if not seen.until}
        for name, notice in listed.items():
            if name not in known and (fresh := _seen(notice)) is not None:
                self._remember(fresh, rows())
        del self._seen[:-MAX_SEEN]

    def impairment(self, row: FlowRow) -> str | None:
        """What was done to the flow's packets, by whose name; None: nothing that is known."""
        found = [seen for seen in self._seen if self._touches(seen, row)]
        return "; ".join(dict.fromkeys(f"{each.notice.target} {each.notice.words}" for each in found)) or None

    def before(self, row: FlowRow) -> Before | None:
        """How it was when the first of its impairments was seen; None where there is none."""
        for seen in self._seen:
            if row.flow.number in seen.before and self._touches(seen, row):
                return seen.before[row.flow.number]
        return None

    def _remember(self, seen: Seen, rows: Iterable[FlowRow]) -> None:
        from procwire.model.getters import resent, smoothed

        self._seen.append(seen)
        for row in rows:
            if len(seen.before) < MAX_BEFORE and self._touches(seen, row):
                seen.before[row.flow.number] = smoothed(row), resent(row)

    def _touches(self, seen: Seen, row: FlowRow) -> bool:
        flow = row.flow
        if flow.last < seen.notice.since_ns or (seen.until and flow.first > seen.until):
            return False
        if not (self._by_place(seen, row) or self._by_owner(seen, flow.owner)):
            return False
        return not seen.selectors or any(_selected(one, row) for one in seen.selectors)

    def _by_place(self, seen: Seen, row: FlowRow) -> bool:
        if seen.networks:
            return any(_within(flow_end(row, name), net) for name in ("src", "dst") for net in seen.networks)
        if seen.whose.kind in ("process", "unit", "cgroup") or seen.notice.namespace != self._own:
            return False
        return row.context.interface(row.flow.interface) in seen.notice.interfaces

    def _by_owner(self, seen: Seen, owner: object) -> bool:
        """What a command sends leaves the host from the process that emulates its network."""
        if not isinstance(owner, Owner):
            return False
        ends = [process for process in (owner.process, owner.peer) if process is not None]
        if seen.whose.kind == "command":
            return bool(seen.notice.pid) and any(process.pid == seen.notice.pid for process in ends)
        return any(_is(process, seen.whose) for process in ends)


def flow_end(row: FlowRow, name: str) -> str:
    """An address as text."""
    return str(getattr(row.flow, name) or "")


def _is(process: ProcessRef, whose: Target) -> bool:
    if whose.kind == "process":
        return process.pid == whose.pid
    if whose.kind == "unit":
        return process.unit == unit_of(whose.name)
    if whose.kind == "cgroup":
        return process.cgroup == whose.name or process.cgroup.startswith(f"{whose.name.rstrip('/')}/")
    return whose.kind == "container" and whose.name in (process.container, process.container_name)


def _selected(one: Selector, row: FlowRow) -> bool:
    """Either end may be the target's own."""
    flow = row.flow
    if one.protocol is not None and one.protocol != flow.proto:
        return False
    ends = ((flow_end(row, "src"), flow.sport), (flow_end(row, "dst"), flow.dport))
    return any(_ends(one, mine, theirs) for mine, theirs in (ends, ends[::-1]))


def _ends(one: Selector, mine: tuple[str, int], theirs: tuple[str, int]) -> bool:
    for network, (text, _) in ((one.local, mine), (one.peer, theirs)):
        if network is not None and not _within(text, network):
            return False
    for ports, (_, port) in ((one.local_port, mine), (one.port, theirs)):
        if ports is not None and not ports[0] <= port <= ports[1]:
            return False
    return True


def _within(text: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(text) in network
    except ValueError:
        return False


def _seen(notice: Notice) -> Seen | None:
    """None where a notice is not understood: a newer procwire wrote it."""
    try:
        return Seen(
            notice=notice,
            whose=Target(kind="command") if notice.target.startswith("command") else target(notice.target),
            selectors=tuple(selector(text) for text in notice.selectors),
            networks=tuple(ip_network(text, strict=False) for text in notice.networks),
        )
    except (ShapingError, ValueError):
        return None
