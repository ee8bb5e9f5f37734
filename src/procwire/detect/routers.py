"""Rogue routers of IPv6: a station that announces itself as a router on a link that has one (RFC 6104).

The routers of a link are those that announced themselves first. Whether the first one is the right one cannot
be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from procwire.detect.contract import SECOND, Detector, Kept
from procwire.detect.neighbours import VIRTUAL, link_of, sender_of
from procwire.model.finding import Finding
from procwire.model.observed import ObservationRow

ANNOUNCES = "router-advertisement"
MAX_ROUTERS = 64  # of one link
MAX_TOLD = 64  # stations that speak for one router


class _Router:
    def __init__(self, mac: str) -> None:
        self.mac = mac
        self.told: dict[str, int] = {}  # of a station that speaks for it, when


class _Link:
    def __init__(self) -> None:
        self.routers: dict[str, _Router] = {}
        self.said: set[str] = set()


class Routers(Detector):
    """See the module."""

    NAME = "rogue-ra"
    TITLE = "Another router announces itself"
    SEVERITY = "high"
    ATTACK = ("T1557",)
    CONTROLS = (
        "Each link by itself; a second router that announces the same prefixes and name servers is low, as "
        "links have two by design; one that leaves (lifetime 0) is none; the virtual addresses of VRRP and "
        "HSRP move by design."
    )
    SETTINGS: ClassVar = {
        "routers": (1, "So many routers of one link are as it should be."),
        "again": (3600, "Seconds until the same is told of again."),
    }

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._links: Kept[_Link] = Kept()

    def observed(self, row: ObservationRow, now: int) -> Iterator[Finding]:
        """See Detector."""
        seen: Any = row.seen
        if seen.TABLE != "ndp" or seen.message != ANNOUNCES or "incomplete" in seen.faults:
            return
        link, address = self._links.of(link_of(row), _Link), sender_of(row)
        router = link.routers.get(address)
        if router is not None:
            yield from self._spoken_for(row, router, now)
            return
        said = {*seen.prefixes, *(f"name server {server}" for server in seen.dns_servers)}
        if (not seen.lifetime and not said) or len(link.routers) >= MAX_ROUTERS:
            return  # it is no router, and says so
        before = list(link.routers)
        link.routers[address] = _Router(seen.link_source)
        if len(before) < self.settings["routers"]:
            link.said |= said
            return
        news = sorted(said - link.said)
        told = f"with {', '.join(news)}" if news else "with what was announced before"
        yield self._said(
            row, now, "high" if news else "low",
            f"{address} ({seen.link_source or 'hardware address not given'}) announces itself as a router "
            f"{told}; before it was {', '.join(before)}",
        )  # fmt: skip

    def _spoken_for(self, row: ObservationRow, router: _Router, now: int) -> Iterator[Finding]:
        """A known router; whether another station speaks in its name."""
        seen: Any = row.seen
        mac = seen.link_source
        router.mac = router.mac or mac
        if not mac or mac == router.mac or mac.startswith(VIRTUAL) or router.mac.startswith(VIRTUAL):
            return
        last = router.told.get(mac)
        quiet = last is not None and now - last < self.settings["again"] * SECOND
        if quiet or (last is None and len(router.told) >= MAX_TOLD):
            return
        router.told[mac] = now
        what = "announces it" if seen.lifetime else "takes it away (lifetime 0)"
        yield self._said(
            row,
            now,
            "high",
            f"{mac} speaks for the router {sender_of(row)}, which is {router.mac}, and {what}",
        )

    def _said(self, row: ObservationRow, now: int, severity: str, words: str) -> Finding:
        return self.found(
            words, now=now, row=row, severity=severity, source=sender_of(row), target="ff02::1",
            flows=[row.flow.flow_id],
        )  # fmt: skip
