"""Which application protocol a payload is."""

from __future__ import annotations

from procwire.dissection.application import APPLICATIONS, NAMES
from procwire.dpi import registry
from tests.dissection.taking import over_tcp, over_udp

QUESTION = bytes.fromhex("1a2b01000001000000000000") + b"\3www\7example\0\0\1\0\1"


def test_names_are_those_of_the_registry() -> None:
    assert {each.name for each in APPLICATIONS} | set(NAMES.values()) <= set(registry.PROTOCOLS)


def test_ports_name_what_looks_the_same() -> None:
    assert over_udp(QUESTION)[-1].name == "dns"
    assert over_udp(QUESTION, (5353, 5353))[-1].name == "mdns"
    assert over_udp(QUESTION, (40000, 5355))[-1].name == "llmnr"


def test_content_decides_on_other_ports() -> None:
    assert over_udp(QUESTION, (40000, 9953))[-1].name == "dns"
    assert over_tcp(b"GET / HTTP/1.1\r\n\r\n", (40000, 8181))[-1].name == "http"


def test_what_nobody_knows_stays_payload() -> None:
    assert [each.name for each in over_tcp(b"\xff\xfe\xfd binary")] == ["eth", "ip", "tcp", "payload"]
    assert over_udp(b"", (1, 2))[-1].name == "udp"
