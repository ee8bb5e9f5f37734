"""DCE/RPC: interfaces and calls of a real host, both byte orders, datagrams, faults."""

from __future__ import annotations

import struct
from uuid import UUID

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import dcerpc
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk
from tests.dpi.wire.test_ntlm import authenticate

TCP, UDP = context("tcp", 135), context("udp", 34964)
SAMR = UUID("12345778-1234-abcd-ef00-0123456789ac")


def fragment(
    kind: int, body: bytes, *, ident: int = 1, flags: int = 3, order: str = "<", auth: int = 0
) -> bytes:
    """C706 section 12.6.3.1."""
    represented = b"\x10\0\0\0" if order == "<" else bytes(4)
    head = bytes([5, 0, kind, flags]) + represented
    return head + struct.pack(order + "HHI", 16 + len(body), auth, ident) + body


def bind(order: str = "<") -> bytes:
    uuid = SAMR.bytes_le if order == "<" else SAMR.bytes
    body = struct.pack(order + "HHIB3xHBx", 4280, 4280, 0, 1, 0, 1) + uuid + struct.pack(order + "HH", 1, 0)
    return fragment(11, body + bytes(20), order=order)


def datagram(kind: int, body: bytes) -> bytes:
    """C706 section 12.5.1."""
    head = bytes([4, kind, 0, 0, 0x10, 0, 0, 0]) + bytes(16) + SAMR.bytes_le + b"activity-of-call"
    return head + struct.pack("<IIIHHHHHBB", 0, 1, 5, 34, 0xFFFF, 0xFFFF, len(body), 0, 0, 0) + body


def test_endpoints() -> None:
    said = rows("dcerpc/endpoints", "dcerpc")
    assert {line["interface"] for line in said} == {"epmapper", "srvsvc", "samr"}
    assert "enumerate-users" in {line.get("operation") for line in said}
    assert all(line["latency"] > 0 for line in said if line["message"] in {"response", "bind-ack"})
    assert apps("dcerpc/endpoints") == {("dcerpc", "content")}


@pytest.mark.parametrize("order", ["<", ">"])
def test_call_and_fault(order: str) -> None:
    ask = fragment(0, struct.pack(order + "IHH", 0, 0, 13), ident=2, order=order)
    fault = fragment(3, struct.pack(order + "IHBBI4x", 0, 0, 0, 0, 5), ident=2, order=order)
    bound, asked, failed = talk(dcerpc, TCP, (OUT, bind(order)), (OUT, ask), (IN, fault))
    assert (bound.interface, bound.version) == ("samr", "1.0")
    assert (asked.interface, asked.operation) == ("samr", "enumerate-users")
    assert (failed.result, failed.operation, failed.latency) == ("access-denied", "enumerate-users", 100)


def test_login_and_refusal() -> None:
    login = b"\x0a\x06\0\0\0\0\0\0" + authenticate()
    (seen,) = talk(dcerpc, TCP, (OUT, fragment(16, bytes(4) + login, auth=len(login) - 8)))
    assert (seen.user, seen.domain, seen.security) == ("User", "Domain", "ntlm privacy")
    refused = fragment(
        12, struct.pack("<HHIH", 1, 1, 0, 4) + b"135\0" + bytes(2) + b"\1\0\0\0\2\0\1\0" + bytes(20)
    )
    (seen,) = talk(dcerpc, TCP, (IN, refused))
    assert seen.result == "refused"


def test_datagrams() -> None:
    asked, told = talk(dcerpc, UDP, (OUT, datagram(0, b"body")), (IN, datagram(2, b"")))
    assert (asked.interface, asked.operation, told.latency) == ("samr", "open-user", 100)
    assert not claimed(dcerpc, datagram(0, b"body")[:-3] + b"x" * 40, UDP)
    assert not claimed(dcerpc, datagram(11, b""), UDP)


def test_claims() -> None:
    assert claimed(dcerpc, bind(), context("tcp", 9))
    assert dcerpc.claims(bind()[:10], OUT, TCP) is Claim.MORE
    for wrong in (b"\x05\x02" + bind()[2:], b"\x05\0\x40" + bind()[3:], bind()[:8] + b"\x04\0" + bind()[10:]):
        assert not claimed(dcerpc, wrong, TCP)


def test_malformed() -> None:
    for data in (b"\x05\0\x0b\x03\x11", fragment(11, bytes(4))):
        with pytest.raises(ProtocolError):
            talk(dcerpc, TCP, (OUT, data))
    with pytest.raises(ProtocolError):
        talk(dcerpc, UDP, (OUT, b"\x04" * 80))
