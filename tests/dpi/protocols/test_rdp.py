"""RDP: connections of real programs with TLS and without, cookies and tokens, what is other X.224."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import rdp
from tests.dpi.talking import IN, OUT, apps, claimed, context, hints, rows, talk

TCP = context("tcp", 3389)


def opening(kind: int, content: bytes) -> bytes:
    """TPKT and X.224 around the content."""
    return struct.pack("!BBHBB5s", 3, 0, 11 + len(content), 6 + len(content), kind, bytes(5)) + content


def negotiation(kind: int, value: int, flags: int = 0) -> bytes:
    return struct.pack("<BBHI", kind, flags, 8, value)


# [MS-RDPBCGR] section 4.1.1: the user eltons, TLS offered.
ASKED = opening(0xE0, b"Cookie: mstshash=eltons\r\n" + negotiation(1, 0))


def test_tls_is_handed_on() -> None:
    asked, agreed = rows("rdp/tls", "rdp")
    assert (asked["user"], asked["protocols"]) == ("ada", ["tls"])
    assert (agreed["protocol"], agreed["latency"] > 0) == ("tls", True)
    assert apps("rdp/tls") == {("tls", "content")}
    assert rows("rdp/tls", "flow")[0]["via"] == "rdp"


def test_own_encryption_is_weak() -> None:
    assert [line["message"] for line in rows("rdp/classic", "rdp")] == ["request", "confirm"]
    flow = rows("rdp/classic", "flow")[0]
    assert (flow["app"], flow["risks"]) == ("rdp", ["weak-cryptography"])


def test_example_of_the_specification() -> None:
    offer = opening(0xE0, b"Cookie: mstshash=eltons\r\n" + negotiation(1, 0x0B, 1))
    asked, agreed, _ = seen = talk(rdp, TCP, (OUT, offer), (IN, opening(0xD0, negotiation(2, 2))))
    assert (asked.user, asked.protocols, asked.restricted) == (
        "eltons",
        ("tls", "credssp", "credssp-ex"),
        True,
    )
    assert (agreed.protocol, agreed.latency, hints(seen)) == ("credssp", 100, ["tls"])


def test_failure_and_token() -> None:
    token = opening(0xE0, b"Cookie: msts=3640205228.15629.0000\r\n")
    asked, refused = talk(rdp, TCP, (OUT, token), (IN, opening(0xD0, negotiation(3, 5))))
    assert asked.token == "msts=3640205228.15629.0000"
    assert (refused.message, refused.error) == ("failure", "credssp-required")


def test_claims() -> None:
    assert claimed(rdp, ASKED, context("tcp", 9))
    assert rdp.claims(ASKED[:20], OUT, TCP) is Claim.MORE
    bare = opening(0xE0, b"")
    assert claimed(rdp, bare, TCP)
    assert not claimed(rdp, bare, context("tcp", 102))
    assert not claimed(
        rdp, opening(0xE0, b"\xc1\x02\x01\x00\xc2\x02\x01\x02\xc0\x01\x0a"), context("tcp", 102)
    )
    assert not claimed(rdp, opening(0xF0, b"data"), TCP)


@pytest.mark.parametrize(
    "data", [b"\x03\1", b"\x04\0\0\x0b", opening(0xE0, b"")[:4] + b"\x07\xe0" + bytes(5)]
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(rdp, TCP, (OUT, data))
