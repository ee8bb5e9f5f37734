from __future__ import annotations

from typing import Any

from procwire.detect.neighbours import Neighbours, Servers
from procwire.dpi.protocols.arp import ArpMessage
from procwire.dpi.protocols.dhcp import DhcpMessage
from procwire.dpi.protocols.dhcpv6 import Dhcpv6Message
from procwire.model.streams import Direction
from tests.detect.made import seen

TRUE, FALSE = "02:00:00:00:00:01", "02:00:00:00:00:66"


def arp(mac: str, former: str = "") -> Any:
    return ArpMessage(
        time=0, side=Direction.OUT, message="reply", sender="10.0.0.1", sender_mac=mac, target="10.0.0.5",
        target_mac="", former_mac=former,
    )  # fmt: skip


def dhcp(server: str, message: str = "ack") -> Any:
    return DhcpMessage(
        time=0, side=Direction.IN, message=message, ident=1, hardware=TRUE, server=server, leased="10.0.0.9",
        routers=(server,),
    )  # fmt: skip


def test_two_stations_that_claim_one_address() -> None:
    steps = [(0.0, arp(TRUE)), (1.0, arp(FALSE, TRUE)), (2.0, arp(TRUE, FALSE)), (3.0, arp(FALSE, TRUE))]
    (found,) = seen(Neighbours(), steps)
    assert (found.target, found.severity) == ("10.0.0.1", "high")
    assert f"{TRUE} and {FALSE}" in found.detail


def test_a_new_card_and_a_router_of_two_are_none() -> None:
    assert seen(Neighbours(), [(0.0, arp(TRUE)), (1.0, arp(FALSE, TRUE))]) == []
    virtual = "00:00:5e:00:01:07"
    moves = [(float(at), arp(virtual, TRUE) if at % 2 else arp(TRUE, virtual)) for at in range(9)]
    assert seen(Neighbours(), moves) == []
    slow = [(at * 400.0, arp(TRUE, FALSE) if at % 2 else arp(FALSE, TRUE)) for at in range(9)]
    assert seen(Neighbours(), slow) == []


def test_a_second_dhcp_server() -> None:
    servers = ("10.0.0.1", "10.0.0.1", "10.0.0.66", "10.0.0.66")
    steps = [(float(at), dhcp(server)) for at, server in enumerate(servers)]
    (found,) = seen(Servers(), steps)
    assert (found.source, found.target) == ("10.0.0.66", "10.0.0.9")
    assert "before it was 10.0.0.1" in found.detail
    assert seen(Servers({"servers": 2}), steps) == []
    assert seen(Servers(), [(0.0, dhcp("10.0.0.1")), (1.0, dhcp("", "discover"))]) == []


def dhcpv6(server: str, message: str = "reply") -> Any:
    return Dhcpv6Message(
        time=0, side=Direction.IN, message=message, ident=1, server_id=server, addresses=("fd77::9",),
        name_servers=("fd77::53",),
    )  # fmt: skip


def test_a_second_server_of_dhcpv6_and_one_of_another_link() -> None:
    steps = [
        (float(at), dhcpv6(server)) for at, server in enumerate(("0001aa", "0001aa", "0001bb", "0001bb"))
    ]
    (found,) = seen(Servers(), steps, dst="fe80::66", src="fe80::5")
    assert (found.source, found.target) == ("fe80::66", "fd77::9")
    assert found.detail == "0001bb gives out addresses (name servers fd77::53); before it was 0001aa"
    assert seen(Servers(), [(0.0, dhcpv6("0001aa")), (1.0, dhcpv6("0001bb", "request"))]) == []
    assert seen(Servers(), [(0.0, dhcpv6("0001aa")), (1.0, dhcp("10.0.0.1"))]) == []
    both = Servers()
    assert seen(both, [(0.0, dhcp("10.0.0.1"))], interface=1) == []
    assert seen(both, [(0.0, dhcp("10.0.1.1"))], interface=2) == []
