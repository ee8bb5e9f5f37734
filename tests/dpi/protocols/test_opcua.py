"""OPC UA: connection, channel, services, logins."""

from __future__ import annotations

import struct

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import opcua
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said


def chunk(kind: bytes, body: bytes, last: bytes = b"F") -> bytes:
    return kind + last + struct.pack("<I", 8 + len(body)) + body


def string(data: bytes) -> bytes:
    return struct.pack("<i", len(data)) + data


HELLO = chunk(b"HEL", struct.pack("<IIIII", 0, 65535, 65535, 0, 0) + string(b"opc.tcp://plant:4840"))
POLICY = b"http://opcfoundation.org/UA/SecurityPolicy#"


def opened(policy: bytes = b"None") -> bytes:
    return chunk(b"OPN", struct.pack("<I", 9) + string(POLICY + policy) + bytes(20))


def service(number: int, body: bytes = b"", request: int = 4, last: bytes = b"F") -> bytes:
    return chunk(b"MSG", struct.pack("<IIIIBBH", 9, 1, request, request, 1, 0, number) + body, last)


FAILED = bytes(12) + struct.pack("<I", 0x80340000)


def test_endpoint_policy_and_services() -> None:
    steps = [
        (OUT, HELLO),
        (OUT, opened()),
        (OUT, service(673) + service(631, request=5)),
        (IN, service(634, FAILED, 5)),
    ]
    seen = said(opcua, *steps)
    assert (seen[0].endpoint, seen[1].policy, seen[1].channel) == ("opc.tcp://plant:4840", "None", 9)
    assert (seen[2].service, seen[2].write, seen[3].service) == ("WriteRequest", True, "ReadRequest")
    assert (seen[4].service, seen[4].status, seen[4].latency) == ("ReadResponse", "BadNodeIdUnknown", SECOND)


@pytest.mark.parametrize(("algorithm", "clear"), [(b"", True), (b"rsa-oaep", False)])
def test_login(algorithm: bytes, clear: bool) -> None:
    token = (
        b"\1\0\x44\1\1"
        + bytes(4)
        + string(b"anonymous")
        + string(b"ann")
        + string(b"hush")
        + string(algorithm)
    )
    seen = said(opcua, (OUT, HELLO + opened()), (OUT, service(467, bytes(40) + token)))[-1]
    assert (seen.user, seen.credentials) == ("ann", clear)
    assert "hush" not in repr(seen)


def test_encrypted_channel_is_not_read() -> None:
    seen = said(opcua, (OUT, HELLO + opened(b"Basic256Sha256")), (OUT, service(631)))
    assert [one.message for one in seen] == ["hello", "open"]
    assert seen[1].policy == "Basic256Sha256"


def test_error_and_reverse_hello() -> None:
    error = chunk(b"ERR", struct.pack("<I", 0x80830000) + string(b"no such"))
    reverse = chunk(b"RHE", string(b"urn:a") + string(b"opc.tcp://b"))
    assert said(opcua, (OUT, HELLO), (IN, error))[1].error == "BadTcpEndpointUrlInvalid no such"
    assert said(opcua, (IN, reverse))[0].endpoint == "opc.tcp://b"
    assert asks(opcua, reverse) is Claim.YES


def test_claims() -> None:
    assert asks(opcua, HELLO, hinted=False) is Claim.YES
    assert asks(opcua, HELLO[:6]) is Claim.MORE
    for wrong in (
        b"HELO mail.example\r\n",
        b"HELF\xff\xff\xff\xff\0\0\0\0",
        b"ACKF\x1d\0\0\0\0\0\0\0",
        b"HEX",
    ):
        assert asks(opcua, wrong) is Claim.NO


@pytest.mark.parametrize(
    "wrong", [b"XXXF\x08\0\0\0", b"MSGZ\x08\0\0\0", b"MSGF\3\0\0\0", chunk(b"ERR", b"a")]
)
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(opcua, (OUT, HELLO), (IN, wrong))
