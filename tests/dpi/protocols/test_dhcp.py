"""DHCP: leases and refusals of real programs, options of RFC 2132, what is no message."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ProtocolError
from procwire.dpi.protocols import dhcp
from tests.dpi.talking import IN, OUT, apps, claimed, context, rows, talk

UDP = context("udp", 67)


def message(options: bytes, *, op: int = 1, sname: bytes = b"", file: bytes = b"") -> bytes:
    """A message with the fixed head of RFC 2131 section 2."""
    head = bytes([op, 1, 6, 0]) + b"\1\2\3\4" + bytes(8) + bytes([192, 0, 2, 7]) + bytes(8)
    return (
        head
        + b"\2\0\0\0\0\1"
        + bytes(10)
        + sname.ljust(64, b"\0")
        + file.ljust(128, b"\0")
        + dhcp.COOKIE
        + options
    )


def test_a_lease() -> None:
    said = rows("dhcp/lease", "dhcp")
    assert {"discover", "offer", "request", "ack"} <= {line["message"] for line in said}
    first = said[0]
    assert (first["hostname"], first["fqdn"]) == ("laptop", "laptop.example.com")
    assert (first["vendor_class"], first["fingerprint"]) == ("vendor of laptops", "1,3,6,12,15,28,42,119")
    given = next(line for line in said if line["message"] == "ack")
    assert given["leased"].startswith("10.77.0.5")
    assert (given["lease_time"], given["routers"], given["domain"]) == (7200, ["10.77.0.2"], "example.com")
    assert ("dhcp", "content") in apps("dhcp/lease")


def test_a_refusal() -> None:
    said = rows("dhcp/dhclient", "dhcp")
    assert said[0]["requested"] == "192.0.2.9"
    assert (said[1]["message"], said[1]["text"]) == ("nak", "wrong network")


def test_latency_options_in_other_fields_and_joined_options() -> None:
    asked = message(
        b"\x35\1\3\x34\1\3" + b"\x0c\2de\x0c\2sk" + b"\xff", file=b"\x3c\3abc\xff", sname=b"\x0f\1x\xff"
    )
    seen, answer = talk(dhcp, UDP, (OUT, asked), (IN, message(b"\x35\1\5\xff", op=2, file=b"pxe.0")))
    assert (seen.hostname, seen.vendor_class, seen.domain) == ("desk", "abc", "x")
    assert (answer.latency, answer.leased, answer.boot_file) == (100, "192.0.2.7", "pxe.0")
    assert (seen.hardware, seen.boot_file) == ("02:00:00:00:00:01", "")


def test_domain_name_in_labels() -> None:
    (seen,) = talk(dhcp, UDP, (OUT, message(b"\x35\1\1\x51\x0d\4\0\0\4desk\4home\0\xff")))
    assert seen.fqdn == "desk.home"


def test_claims() -> None:
    assert claimed(dhcp, message(b"\x35\1\1\xff"), UDP)
    assert claimed(dhcp, message(b"\x35\1\1\xff"), context("udp", 9999))
    assert not claimed(dhcp, message(b"\x35\1\x63\xff"), UDP)
    assert not claimed(dhcp, message(b"\x35\1\1\xff").replace(dhcp.COOKIE, b"xxxx"), UDP)
    assert not claimed(dhcp, message(b"\x35\x09\1"), UDP)


def test_malformed() -> None:
    for data in (b"", b"\1" * 239, b"\1" * 300):
        with pytest.raises(ProtocolError):
            talk(dhcp, UDP, (OUT, data))
