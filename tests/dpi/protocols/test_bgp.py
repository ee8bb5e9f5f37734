"""BGP: a session of real routers, attributes by RFC 4271 and RFC 4760, broken messages."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import bgp
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

TCP = context("tcp", 179)


def message(kind: int, body: bytes) -> bytes:
    return bgp.MARKER + struct.pack("!HB", 19 + len(body), kind) + body


def attribute(kind: int, value: bytes, flags: int = 0x40) -> bytes:
    return bytes([flags, kind, len(value)]) + value


def update(attributes: bytes, prefixes: bytes = b"", withdrawn: bytes = b"") -> bytes:
    gone = len(withdrawn).to_bytes(2, "big") + withdrawn
    return message(2, gone + len(attributes).to_bytes(2, "big") + attributes + prefixes)


OPEN = message(1, struct.pack("!BHH4sB", 4, 65001, 90, bytes([192, 0, 2, 1]), 0))


def test_a_session() -> None:
    said = rows("bgp/session", "bgp")
    first, second = said[0], said[1]
    assert {first["system"], second["system"]} == {64501, 4_200_000_002}
    assert "multiprotocol ipv6-unicast" in first["capabilities"]
    assert second["latency"] > 0
    announced = {prefix: line for line in said for prefix in line.get("announced", ())}
    assert set(announced) == {"192.0.2.0/24", "198.51.100.0/25", "2001:db8:7::/48"}
    assert announced["2001:db8:7::/48"]["next_hop"] == "2001:db8::1"
    assert [line["withdrawn"] for line in said if "withdrawn" in line] == [["198.51.100.0/25"]]
    assert {line["path"] for line in announced.values()} == {"64501"}
    assert (said[-1]["error"], said[-1]["text"]) == ("cease: administrative-shutdown", "moving house")
    assert sum(line["message"] == "end-of-rib" for line in said) == 4
    assert apps("bgp/session") == {("bgp", "content")}


def test_paths_of_both_widths_and_sets() -> None:
    narrow = attribute(2, b"\2\2" + struct.pack("!HH", 65001, 65002) + b"\1\2" + struct.pack("!HH", 7, 8))
    wide = attribute(2, b"\2\2" + struct.pack("!II", 65001, 4_200_000_000))
    for attributes, path in ((narrow, "65001 65002 {7,8}"), (wide, "65001 4200000000")):
        (seen,) = talk(bgp, TCP, (OUT, update(attributes, b"\x18\xc0\0\2")))
        assert (seen.path, seen.announced) == (path, ("192.0.2.0/24",))


def test_communities_and_origin() -> None:
    attributes = attribute(1, b"\2") + attribute(8, struct.pack("!HH", 65001, 20), 0xC0)
    (seen,) = talk(bgp, TCP, (OUT, update(attributes, b"\0")))
    assert (seen.origin, seen.communities, seen.announced) == ("incomplete", ("65001:20",), ("0.0.0.0/0",))


def test_other_families_are_named() -> None:
    reach = attribute(14, b"\0\1\x80\0\0" + bytes(12))
    (seen,) = talk(bgp, TCP, (OUT, update(reach)))
    assert (seen.families, seen.prefixes, seen.message) == (("ipv4-vpn",), 0, "update")


def test_many_prefixes_are_counted() -> None:
    (seen,) = talk(bgp, TCP, (OUT, update(attribute(1, b"\0"), b"\x08\x0a" * 500)))
    assert (seen.prefixes, len(seen.announced)) == (500, bgp.MAX_LISTED)


def test_open_keepalive_and_refresh() -> None:
    seen = talk(bgp, TCP, (OUT, OPEN), (IN, message(4, b"")), (IN, OPEN), (OUT, message(5, b"\0\1\0\1")))
    assert [one.message for one in seen] == ["open", "open", "route-refresh"]
    assert (seen[0].router, seen[1].latency, seen[2].capabilities) == ("192.0.2.1", 200, ("ipv4-unicast",))


def test_claims() -> None:
    assert claimed(bgp, OPEN, context("tcp", 9))
    assert bgp.claims(OPEN[:18], OUT, TCP) is Claim.MORE
    for wrong in (b"\xff" * 15 + b"\0", message(9, b""), message(4, b"x"), bgp.MARKER + b"\0\x10\1"):
        assert not claimed(bgp, wrong, TCP)


def test_malformed() -> None:
    for data in (b"\xfe", message(2, b"\0\0\xff\xff"), message(1, bytes(5))):
        with pytest.raises(ProtocolError):
            talk(bgp, TCP, (OUT, data))
