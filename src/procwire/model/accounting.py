"""The accounting identity of an interface as a table: every packet it counted, and who answers for it.

packets = attributed + no_socket + other_ip + fragments + tunnels + not_ip + unexplained
"""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Column, Kind, Table
from procwire.model.declare import column, count, text


class AccountingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One interface, one direction, one interval."""

    interface: str
    direction: str
    seconds: float
    packets: int
    attributed: int = 0
    no_socket: int = 0
    other_ip: int = 0
    fragments: int = 0
    tunnels: int = 0
    not_ip: int = 0
    unexplained: int = 0
    dropped_interface: int = 0
    dropped_ring: int = 0


def _packets(name: str, doc: str) -> Column:
    return count(name, doc, attrgetter(name), "packets", shown=True)


ACCOUNTING = Table(
    name="accounting",
    doc="The packets of one interface and direction in an interval, and who answers for them.",
    columns=(
        text("interface", "Name of the interface.", attrgetter("interface"), shown=True),
        text("direction", "in or out.", attrgetter("direction"), shown=True),
        column("seconds", Kind.NUMBER, "Length of the interval.", attrgetter("seconds"), unit="seconds"),
        _packets("packets", "What the interface's own counter says."),
        _packets("attributed", "TCP and UDP packets that a socket of this namespace sent or took."),
        _packets("no_socket", "TCP and UDP packets of no socket here: forwarded, refused or filtered, "
                              "sent by the kernel itself or by a packet socket."),
        _packets("other_ip", "IP packets of other protocols: ICMP, IGMP, SCTP, ..."),
        _packets("fragments", "Fragments of IP packets."),
        _packets("tunnels", "Packets with other packets inside, to or from a tunnel's UDP port."),
        _packets("not_ip", "Frames that are not IP: ARP, VLAN tags in the frame, ..."),
        _packets("unexplained", "Counted by the interface and seen by nobody, or the other way round."),
        _packets("dropped_interface", "What the interface says it dropped; not among its packets."),
        _packets("dropped_ring", "Packets of no socket for whose content there was no room; counted above."),
    ),
)  # fmt: skip
