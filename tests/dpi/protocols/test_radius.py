"""RADIUS: requests and answers of real programs, the example of RFC 2865, what is no message."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import radius
from tests.dpi.talking import IN, OUT, apps, claimed, context, lines_said, rows, talk

UDP = context("udp", 1812)
# RFC 2865 section 7.1: the user nemo wants to log in.
ASKED = bytes.fromhex(
    "01 00 0038 0f403f9473978057bd83d5cb98f4227a 01066e656d6f 02120dbe708d93d413ce3196e43f782a0aee"
    "0406c0a80110 050600000003"
)
ACCEPT = bytes.fromhex("02 00 0026 86fe220e7624ba2a1005f6bf9b55e0b2 060600000001 0f0600000000 0e06c0a80103")


def test_access() -> None:
    said = rows("radius/access", "radius")
    assert [line["message"] for line in said] == [
        "access-request", "access-accept", "access-request", "access-accept", "access-request",
        "access-reject", "accounting-request", "accounting-response", "accounting-request",
        "accounting-response",
    ]  # fmt: skip
    assert (said[0]["user"], said[0]["method"], said[0]["credentials"]) == ("ada", "pap", True)
    assert (said[1]["address"], said[1]["text"]) == ("192.0.2.7", "Hello, ada")
    assert (said[2]["method"], said[2]["port_type"]) == ("chap", "ethernet")
    stop = said[8]
    assert (stop["status"], stop["cause"], stop["session_time"]) == ("stop", "user-request", 60)
    assert (stop["input_bytes"], stop["output_bytes"]) == (1000, 2000 + (1 << 32))
    assert all(line["latency"] > 0 for line in said[1::2])
    assert "secret" not in str(lines_said("radius/access"))
    assert apps("radius/access") == {("radius", "content")}


def test_example_of_the_specification() -> None:
    asked, again, answer = talk(radius, UDP, (OUT, ASKED), (OUT, ASKED), (IN, ACCEPT))
    assert (asked.user, asked.access_server, asked.method) == ("nemo", "192.168.1.16", "pap")
    assert (answer.service, answer.latency, again.retransmitted) == ("login", 200, True)


def test_eap_and_vendors() -> None:
    eap = bytes.fromhex("4f0a 0201 0008 19 800000")
    data = bytes.fromhex("0b01") + (20 + len(eap) + 12).to_bytes(2, "big") + bytes(16) + eap
    data += bytes.fromhex("1a0c 00000009 0106 61626364")
    (seen,) = talk(radius, UDP, (IN, data))
    assert (seen.method, seen.vendors) == ("eap-peap response", ("cisco",))


def test_claims() -> None:
    bare = b"\x03\1\0\x14" + bytes(16)
    assert claimed(radius, ASKED, context("udp", 9))
    assert claimed(radius, bare, UDP)
    assert not claimed(radius, bare, context("udp", 9))
    assert not claimed(radius, ASKED[:-1], UDP)
    assert not claimed(radius, b"\x63" + ASKED[1:], UDP)


@pytest.mark.parametrize("data", [b"", ASKED[:19], ASKED[:30], ASKED[:20] + b"\1\1" + ASKED[22:]])
def test_malformed(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        talk(radius, UDP, (OUT, data))
