"""The accounting identity: what an interface counted is what the programs saw, each packet with its reason.

attributed + unattributed (by reason) = the interface's counter, for each direction and interval. The filter
on the packet socket sees every packet that passes the interface; the hooks of the sockets say which of them a
socket sent or took. The two are read one after the other, so a packet in between is allowed for, no more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from procwire.accounting.source import KernelSource, Wishes
from procwire.bpf.accounts import Shown
from procwire.capture.interfaces import LinkState, interfaces
from procwire.model.accounting import AccountingRow

STEP_SECONDS = 0.1
KINDS_SEEN = ("plain", "other-ip", "fragments", "tunnels", "not-ip")
# Drivers that count a joined packet (GSO, GRO) once; those of hardware count what was on the wire.
COUNT_JOINED = frozenset(
    {"loopback", "veth", "bridge", "tun", "dummy", "bond", "vlan", "macvlan", "ifb", "vrf"}
)
IN, OUT = 0, 1

Books = dict[str, Shown]


class Reading(NamedTuple):
    """One interface at one moment: its counters, and what was seen right before and right after."""

    link: LinkState
    before: Books
    after: Books
    dropped: int


def read(source: KernelSource) -> dict[int, Reading]:
    """Every watched interface now."""
    indexes = {link.index for link in source.watched}
    before = {index: source.programs.link(index) for index in indexes}
    links = [link for link in interfaces() if link.index in indexes]
    after = {index: source.programs.link(index) for index in indexes}
    drops = source.drops()
    return {
        link.index: Reading(link, before[link.index], after[link.index], drops.get(link.name, 0))
        for link in links
        if before[link.index] and after[link.index]
    }


def survey(seconds: float, *, home: int, stopped: Callable[[], bool]) -> list[AccountingRow]:
    """``balance`` over all interfaces with a source of its own. Raises BpfError and CaptureError."""
    source = KernelSource(Wishes(content=False), home=home)
    try:
        return balance(source, seconds, stopped=stopped)
    finally:
        source.close()


def balance(
    source: KernelSource, seconds: float, *, stopped: Callable[[], bool] = lambda: False
) -> list[AccountingRow]:
    """Watch for so long, and settle the accounts of every interface that was there all the time."""
    started, first = time.monotonic(), read(source)
    while not stopped() and (left := started + seconds - time.monotonic()) > 0:
        batch = source.poll(min(left, STEP_SECONDS))
        if batch is not None:
            source.release(batch)
    last = read(source)
    lasted = time.monotonic() - started
    rows = []
    for index, end in sorted(last.items()):
        if index in first:
            # The loopback interface shows a packet once, as it comes in again.
            sides = (IN,) if end.link.kind == "loopback" else (IN, OUT)
            rows += [settle(first[index], end, side, lasted) for side in sides]
    return rows


def settle(first: Reading, last: Reading, side: int, seconds: float) -> AccountingRow:
    """One interface and direction between two readings."""
    joined = last.link.kind in COUNT_JOINED

    def spent(kind: str, early: Books, late: Books) -> int:
        if not joined:
            return segments(kind, early, late)
        return late[kind].packets[side] - early[kind].packets[side]

    def segments(kind: str, early: Books, late: Books) -> int:
        return late[kind].segments[side] - early[kind].segments[side]

    seen = {kind: spent(kind, first.before, last.after) for kind in KINDS_SEEN}
    least = sum(spent(kind, first.after, last.before) for kind in KINDS_SEEN)
    sockets = min(spent("sockets", first.before, last.after), seen["plain"])
    # What a socket sends as one (UDP_SEGMENT, TSO) may be cut before it comes to the interface.
    cut = segments("plain", first.before, last.after) - segments("sockets", first.before, last.after)
    strange = min(seen["plain"] - sockets, max(0, cut))
    names = ("rx_packets", "rx_dropped") if side == IN else ("tx_packets", "tx_dropped")
    counted, dropped = (
        getattr(last.link.counters, name) - getattr(first.link.counters, name) for name in names
    )
    total = sum(seen.values())
    # Packets that passed between two looks belong to neither; all others must be explained.
    slack = total - least
    beyond = counted - total
    unexplained = beyond if beyond > 0 or -beyond > slack else 0
    return AccountingRow(
        interface=last.link.name,
        direction="in" if side == IN else "out",
        seconds=seconds,
        packets=counted,
        attributed=seen["plain"] - strange,
        no_socket=strange,
        other_ip=seen["other-ip"],
        fragments=seen["fragments"],
        tunnels=seen["tunnels"],
        not_ip=seen["not-ip"],
        unexplained=unexplained,
        dropped_interface=dropped,
        dropped_ring=last.dropped - first.dropped if side == IN else 0,
    )
