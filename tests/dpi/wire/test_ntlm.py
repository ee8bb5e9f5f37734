"""NTLM messages by the examples of [MS-NLMP] section 4.2."""

from __future__ import annotations

import struct

from procwire.dpi.wire.ntlm import SIGNATURE, find, mechanism


def field(size: int, at: int) -> bytes:
    return struct.pack("<HHI", size, size, at)


def authenticate() -> bytes:
    """User "User" of "Domain" on "COMPUTER"."""
    domain, user, host = (
        "Domain".encode("utf-16-le"),
        "User".encode("utf-16-le"),
        "COMPUTER".encode("utf-16-le"),
    )
    head = SIGNATURE + struct.pack("<I", 3) + field(0, 72) * 2
    head += field(len(domain), 72) + field(len(user), 84) + field(len(host), 92) + field(0, 108)
    return (
        head
        + struct.pack("<I", 0x02000001)
        + bytes([10, 0])
        + struct.pack("<HI", 19041, 15)
        + domain
        + user
        + host
    )


def test_authenticate_in_any_wrapping() -> None:
    found = find(b"\xa1\x82wrapped" + authenticate())
    assert found is not None
    assert (found.kind, found.user, found.domain, found.host) == (
        "authenticate",
        "User",
        "Domain",
        "COMPUTER",
    )
    assert found.version == "10.0.19041"


def test_challenge() -> None:
    def pair(kind: int, text: str) -> bytes:
        value = text.encode("utf-16-le")
        return struct.pack("<HH", kind, len(value)) + value

    info = pair(1, "SRV") + pair(2, "DOM") + pair(3, "srv.dom.example") + pair(4, "dom.example") + bytes(4)
    data = SIGNATURE + struct.pack("<I", 2) + field(0, 56) + struct.pack("<I", 0) + b"12345678" + bytes(8)
    found = find(data + field(len(info), 48) + info)
    assert found is not None
    assert (found.server, found.domain, found.dns_name) == ("SRV", "DOM", "srv.dom.example")
    assert "12345678" not in repr(found)


def test_cut_and_foreign() -> None:
    data = authenticate()
    for at in range(len(data)):
        assert find(data[:at]) is None or find(data[:at]) is not None
    assert find(b"no message") is None
    assert find(SIGNATURE + b"\x09\0\0\0") is None
    assert mechanism(data) == "ntlm"
    assert mechanism(bytes.fromhex("06092a864886f712010202")) == "kerberos"
    assert mechanism(b"") == ""
