"""Kerberos: tickets given and refused by a real server over both transports; hostile encodings."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim, ProtocolError
from procwire.dpi.protocols import kerberos
from tests.dpi.samples import dialogues
from tests.dpi.talking import OUT, apps, claimed, context, rows, talk

UDP, TCP = context("udp", 88), context("tcp", 88)


def request() -> bytes:
    """The first request of the capture, as it stands in a datagram."""
    data = dialogues("kerberos")[0].steps[0][1]
    return data if data[0] == 0x6A else data[4:]


def test_tickets() -> None:
    said = rows("kerberos/tickets", "kerberos")
    assert {line["message"] for line in said} == {"as-req", "as-rep", "tgs-req", "tgs-rep", "error"}
    assert all(line["latency"] > 0 for line in said if not line["message"].endswith("req"))
    given = next(line for line in said if line["message"] == "tgs-rep")
    assert (given["client"], given["service"], given["realm"]) == (
        "ada",
        "host/www.example.com",
        "EXAMPLE.COM",
    )
    assert given["ticket_encryption"] == given["encryption"] == "aes256-cts-hmac-sha1-96"
    errors = {line["error"] for line in said if "error" in line}
    assert errors == {"preauthentication-required", "client-unknown", "preauthentication-failed"}
    assert "enc-timestamp" in said[2]["preauthentication"]
    assert "rc4-hmac" in said[0]["encryption_types"]
    assert apps("kerberos/tickets") == {("kerberos", "content")}
    assert {line["proto"] for line in rows("kerberos/tickets", "flow")} >= {"udp", "tcp"}


def test_claims() -> None:
    data = request()
    assert claimed(kerberos, data, UDP)
    assert claimed(kerberos, len(data).to_bytes(4, "big") + data, TCP)
    assert not claimed(kerberos, data[:-1], UDP)
    assert not claimed(kerberos, (len(data) + 1).to_bytes(4, "big") + data, TCP)
    assert kerberos.claims(b"\0\0\1", OUT, TCP) is Claim.MORE
    assert not claimed(kerberos, data[:8] + b"\7" + data[9:], UDP)


def test_malformed() -> None:
    data = request()
    for at in (1, 5, 40, len(data) - 3):
        with pytest.raises(ProtocolError):
            talk(kerberos, UDP, (OUT, data[:at]))
    for head in (b"\1\0\0\0", b"\0\0\0\1\x6a", b"\0\7\0\0\x6a"):
        with pytest.raises(ProtocolError):
            talk(kerberos, TCP, (OUT, head + data))
