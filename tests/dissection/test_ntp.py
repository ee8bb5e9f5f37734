"""NTP, field by field."""

from __future__ import annotations

from procwire.dissection.ntp import clock
from tests.dissection.taking import over_udp, values

SERVER = (
    bytes.fromhex("240206e9 00000100 00000200 c0000201") + bytes(8) * 3 + bytes.fromhex("e7f5d6c080000000")
)


def test_the_header_has_its_times() -> None:
    layer = over_udp(SERVER, (123, 40000))[-1]
    assert layer.words == "server  stratum 2  2023-04-28 05:23:12.500000Z"
    found = values(layer)
    assert (found["poll"], found["precision"], found["reference"]) == ("2^6 s", "2^-23 s", "192.0.2.1")
    assert found["root delay"] == "0.003906 s"
    assert found["origin time"] == "-"


def test_times_of_the_next_era_are_later() -> None:
    assert clock(b"\0\0\0\1\0\0\0\0") == "2036-02-07 06:28:17Z"


def test_other_ports_and_short_datagrams_are_none() -> None:
    assert over_udp(SERVER, (1230, 40000))[-1].name == "payload"
    assert over_udp(SERVER[:40], (123, 40000))[-1].name == "payload"
    assert over_udp(b"\x16\2" + bytes(10), (123, 1))[-1].words == "control"
