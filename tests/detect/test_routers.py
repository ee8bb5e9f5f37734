"""Routers that announce themselves, and which of them should not."""

from __future__ import annotations

from typing import Any

from procwire.detect.contract import SECOND
from procwire.detect.routers import Routers
from procwire.dpi.wire.ndp_message import NdpMessage
from procwire.model.finding import Finding
from procwire.model.observed import ObservationRow
from procwire.model.streams import Direction
from tests.detect.made import START, flow

KNOWN, ROGUE = "fe80::1", "fe80::66"
MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:66"


def announced(source: str = KNOWN, mac: str = MAC, **more: Any) -> tuple[Any, NdpMessage]:
    """(flow, message) of a router that announces itself."""
    made = flow("ff02::1", 0, src=source, proto=58, number=2)
    made.interface = more.pop("interface", 1)
    lifetime = more.pop("lifetime", 1800) * SECOND
    prefixes = more.pop("prefixes", ("2001:db8:1::/64",))
    return made, NdpMessage(
        time=0, side=Direction.OUT, message="router-advertisement", link_source=mac, lifetime=lifetime,
        prefixes=prefixes, **more,
    )  # fmt: skip


def heard(*messages: tuple[Any, Any], detector: Routers | None = None) -> list[Finding]:
    detector = detector or Routers()
    found: list[Finding] = []
    for at, (made, message) in enumerate(messages):
        found += detector.observed(ObservationRow(made, message), START + at * 10 * SECOND)
    return found


def test_a_second_router_with_other_prefixes() -> None:
    rogue = announced(ROGUE, OTHER, prefixes=("2001:db8:bad::/64",), dns_servers=("2001:db8:bad::53",))
    (found,) = heard(announced(), announced(), rogue, rogue, announced())
    assert (found.source, found.severity) == (ROGUE, "high")
    assert found.detail == (
        f"{ROGUE} ({OTHER}) announces itself as a router with 2001:db8:bad::/64, "
        f"name server 2001:db8:bad::53; before it was {KNOWN}"
    )


def test_another_station_that_speaks_for_the_router() -> None:
    killer = announced(KNOWN, OTHER, lifetime=0)
    (found,) = heard(announced(), killer, killer)
    assert found.severity == "high"
    assert (
        found.detail
        == f"{OTHER} speaks for the router {KNOWN}, which is {MAC}, and takes it away (lifetime 0)"
    )
    again = heard(*(announced(KNOWN, OTHER) if at % 2 else announced() for at in range(800)))
    assert len(again) == 3  # in 8000 seconds


def test_what_is_as_it_should_be() -> None:
    second = announced(ROGUE, OTHER)
    (low,) = heard(announced(), second)
    assert low.severity == "low"
    assert heard(announced(), second, detector=Routers({"routers": 2})) == []
    assert heard(announced(), announced(ROGUE, OTHER, interface=2)) == []
    assert heard(announced(), announced(lifetime=0), announced()) == []
    assert heard(announced(), announced(ROGUE, OTHER, lifetime=0, prefixes=())) == []
    assert heard(announced(), announced(KNOWN, "00:00:5e:00:02:01"), announced()) == []
    assert heard(announced(mac=""), announced(), announced(mac="")) == []
    host = NdpMessage(time=0, side=Direction.OUT, message="router-solicitation", link_source=OTHER)
    assert heard(announced(), (announced(ROGUE)[0], host)) == []


def test_a_router_that_answers_a_solicitation() -> None:
    asked = flow(ROGUE, 0, src="fe80::9", proto=58, number=3)
    asked.interface = 1
    answer = NdpMessage(
        time=0, side=Direction.IN, message="router-advertisement", lifetime=SECOND, link_source=OTHER
    )
    (found,) = heard(announced(), (asked, answer))
    assert found.source == ROGUE
