"""What was announced: where it is looked for, for how long, and how much of it is kept."""

from __future__ import annotations

from typing import Any

from procwire.dpi.expected import LIFE_NS, Expected, expectations
from procwire.model.observation import Announced
from procwire.model.streams import Direction
from tests.dpi.flows import flow

CONTROL = flow(dport=21)


def told(address: str = "", port: int = 5000, **more: Any) -> Announced:
    given: dict[str, Any] = {"time": 5, "side": Direction.IN, "app": "ftp_data", "transport": "tcp"} | more
    return Announced(address=address, port=port, **given)


def known(*announced: Announced, limit: int = 10) -> Expected:
    found = Expected(limit)
    for one in announced:
        for wanted in expectations(CONTROL, one):
            found.add(5, wanted)
    return found


def test_a_connection_is_found_by_where_it_goes_and_only_once() -> None:
    table, data = known(told()), flow(dport=5000)
    found = table.find(data, 6)
    assert (found.app, found.by) == ("ftp_data", CONTROL.flow_id)
    assert table.find(data, 6) is None


def test_datagrams_are_found_from_either_end_and_again() -> None:
    table = known(told("198.51.100.1", 40000, transport="udp", app="rtp", note="0=PCMU/8000"))
    sent = flow(17, dport=7)
    assert [table.find(sent, 6).note for _ in range(2)] == ["0=PCMU/8000"] * 2
    back = flow(17, dport=40000, dst="198.51.100.1")
    assert table.find(back, 6).app == "rtp"
    for other in (flow(6, dport=7), flow(17, dport=7)):
        other.sport = 40001 if other.proto == 17 else 40000
        assert table.find(other, 6) is None


def test_tunnels_are_apart() -> None:
    table, data = known(told()), flow(dport=5000)
    data.tunnel = 7
    assert table.find(data, 6) is None


def test_it_is_forgotten_with_time() -> None:
    table, data = known(told()), flow(dport=5000)
    assert table.find(data, 6 + LIFE_NS) is None
    assert len(table) == 0


def test_the_oldest_gives_way_and_is_counted() -> None:
    table = known(*(told(port=port) for port in range(1, 12)), told(port=2, note="again"))
    assert (len(table), table.evicted) == (10, 1)
    assert table.find(flow(dport=1), 6) is None
    assert table.find(flow(dport=2), 6).note == "again"


def test_an_address_behind_a_translator_stands_beside_the_sides_own() -> None:
    both = expectations(CONTROL, told("10.0.0.5", translatable=True))
    assert [one.low for one in both] == [0x0A000005, CONTROL.dst_lo]
    assert len(expectations(CONTROL, told("192.0.2.1", translatable=True))) == 1


def test_what_names_no_place_is_not_expected() -> None:
    for one in (told("0.0.0.0"), told("host.example"), told(port=0), told(port=1 << 16)):
        assert expectations(CONTROL, one) == []
