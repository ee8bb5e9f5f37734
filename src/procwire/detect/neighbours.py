"""Neighbours that lie: an address that changes its hardware to and fro, a second server of DHCP(v6)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from procwire.detect.contract import SECOND, Detector, Kept
from procwire.model.finding import Finding
from procwire.model.observed import ObservationRow
from procwire.model.streams import Direction

VIRTUAL = (
    "00:00:5e:00:01:",
    "00:00:5e:00:02:",
    "00:00:0c:07:ac:",
    "00:05:73:a0:",
)  # VRRP, HSRP: they move by design
_GIVES = {"dhcp": frozenset({"offer", "ack"}), "dhcpv6": frozenset({"advertise", "reply"})}
MAX_SERVERS = 1000  # of one link


class _Address:
    def __init__(self) -> None:
        self.changes: deque[tuple[int, str, str]] = deque(maxlen=64)
        self.told: int | None = None


class Neighbours(Detector):
    """See the module."""

    NAME = "arp-spoofing"
    TITLE = "Two stations claim one address"
    SEVERITY = "high"
    ATTACK = ("T1557.002",)
    CONTROLS = (
        "One change is a new card or a new lease, so it takes two within the window; the virtual addresses "
        "of VRRP and HSRP move by design and are left out."
    )
    SETTINGS: ClassVar = {
        "window": (300, "Seconds that are looked at together."),
        "changes": (2, "Changes of the hardware address within the window."),
        "quiet": (900, "Seconds until the same is told of again."),
    }

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._addresses: Kept[_Address] = Kept()

    def observed(self, row: ObservationRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        seen: Any = row.seen
        former = getattr(seen, "former_mac", "") if seen.TABLE == "arp" else ""
        if not former or seen.sender_mac.startswith(VIRTUAL) or former.startswith(VIRTUAL):
            return
        address = self._addresses.of(seen.sender, _Address)
        oldest = now - round(self.settings["window"] * SECOND)
        while address.changes and address.changes[0][0] < oldest:
            address.changes.popleft()
        address.changes.append((now, former, seen.sender_mac))
        quiet = address.told is not None and now - address.told < self.settings["quiet"] * SECOND
        if len(address.changes) < self.settings["changes"] or quiet:
            return
        address.told = now
        stations = sorted({mac for _, *pair in address.changes for mac in pair})
        yield self.found(
            f"{seen.sender} was claimed by {' and '.join(stations)}: {len(address.changes)} changes in "
            f"{(now - address.changes[0][0]) / SECOND:.0f} s",
            now=now, source=seen.sender_mac, target=seen.sender, count=len(address.changes),
            first=address.changes[0][0], last=now,
        )  # fmt: skip


class Servers(Detector):
    """A second server that hands out addresses on a link, of IPv4 or IPv6."""

    NAME = "rogue-dhcp"
    TITLE = "Another DHCP server"
    SEVERITY = "medium"
    ATTACK = ("T1557.003",)
    CONTROLS = (
        "Each link by itself. Two servers of one design answer too: told once for each server, with those "
        "that were there before."
    )
    SETTINGS: ClassVar = {"servers": (1, "So many servers of one link are as it should be.")}

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._servers: Kept[dict[str, None]] = Kept()

    def observed(self, row: ObservationRow, now: int) -> Iterator[Finding]:
        """See Detector."""
        seen: Any = row.seen
        if getattr(seen, "message", "") not in _GIVES.get(seen.TABLE, ()):
            return
        server = getattr(seen, "server", "") or getattr(seen, "server_id", "")
        known = self._servers.of((link_of(row), seen.TABLE), dict)
        if not server or server in known or len(known) >= MAX_SERVERS:
            return
        before = list(known)
        known[server] = None
        if len(before) >= self.settings["servers"]:
            given = getattr(seen, "leased", "") or ", ".join(getattr(seen, "addresses", ()))
            yield self.found(
                f"{server} gives out addresses ({_with(seen)}); before it was {', '.join(before)}",
                now=now, row=row, source=_address(row, server), target=given, flows=[row.flow.flow_id],
            )  # fmt: skip


def link_of(row: ObservationRow) -> tuple[int, int]:
    """The link that a flow was seen on: its interface and VLAN."""
    return row.flow.interface, row.flow.vlan


def sender_of(row: ObservationRow) -> str:
    """The address of who said what was observed."""
    return str(row.flow.src if row.seen.side == Direction.OUT else row.flow.dst)


def _address(row: ObservationRow, server: str) -> str:
    """Where a server is: DHCPv6 names it by an identifier that is no address."""
    return sender_of(row) if row.seen.TABLE == "dhcpv6" else server


def _with(seen: Any) -> str:
    if seen.TABLE == "dhcpv6":
        return f"name servers {', '.join(seen.name_servers) or 'none'}"
    return f"routers {', '.join(seen.routers) or 'none'}"
