"""DHCPv6: an address of a real server, relays and prefixes by RFC 8415, what is no message."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import dhcpv6
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

UDP = context("udp", 547, src_port=546)
CLIENT = bytes.fromhex("0001 000a 0003 0001 020000000001")
PREFIX = bytes.fromhex("0019 0029 00000001 00000000 00000000 001a 0019 00000e10 00001c20 38") + bytes.fromhex(
    "20010db8 00000000 00000000 00000000"
)
SOLICIT = bytes.fromhex("01 010203") + CLIENT + PREFIX
RELAY = b"\x0c\0" + bytes(15) + b"\1" + bytes.fromhex("fe80") + bytes(13) + b"\7"


def option(code: int, value: bytes) -> bytes:
    return code.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


def test_a_lease() -> None:
    said = rows("dhcpv6/lease", "dhcpv6")
    assert [line["message"] for line in said] == [
        "solicit", "advertise", "request", "reply", "release", "reply", "information-request", "reply",
    ]  # fmt: skip
    assert (said[0]["fqdn"], said[0]["fingerprint"]) == ("laptop.example.com", "23,24")
    assert len(said[3]["addresses"]) == 1
    assert (said[3]["lease_time"], said[3]["name_servers"]) == (7200, ["fd77::2"])
    assert (said[5]["status"], said[7]["domains"]) == ("success: release received", ["example.com"])
    assert ("dhcpv6", "content") in apps("dhcpv6/lease")


def test_prefix_hardware_and_latency() -> None:
    reply = b"\7" + SOLICIT[1:] + option(13, b"\0\6none left")
    asked, answer = talk(dhcpv6, UDP, (OUT, SOLICIT), (IN, reply))
    assert (asked.prefixes, asked.hardware, asked.lease_time) == (
        ("2001:db8::/56",),
        "02:00:00:00:00:01",
        7200,
    )
    assert (answer.status, answer.latency) == ("no-prefix: none left", 100)


def test_relays() -> None:
    data = RELAY + option(9, RELAY + option(9, SOLICIT))
    assert claimed(dhcpv6, data, UDP)
    (seen,) = talk(dhcpv6, UDP, (OUT, data))
    assert (seen.message, seen.relays) == ("solicit", ("fe80::7", "fe80::7"))
    for _ in range(12):
        data = RELAY + option(9, data)
    assert not claimed(dhcpv6, data, UDP)


def test_names() -> None:
    assert dhcpv6.names(b"\7example\3com\0\4home\0") == ("example.com", "home")
    assert dhcpv6.names(b"\4part") == ("part",)


def test_claims() -> None:
    assert claimed(dhcpv6, SOLICIT, context("udp", 9))
    assert not claimed(dhcpv6, SOLICIT[:-1], UDP)
    assert not claimed(dhcpv6, b"\1\1\2\3", UDP)
    assert not claimed(dhcpv6, b"\1\1\2\3" + option(1, b"\0\x09abcdef"), UDP)


@pytest.mark.parametrize("data", [b"", b"\1", RELAY, RELAY + option(9, b"\x63\0\0\0"), SOLICIT + b"\0"])
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(dhcpv6, UDP, (OUT, data))
