"""IKE: exchanges, weak choices, ESP beside them, of real kernels too."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Context, ProtocolError
from procwire.dpi.protocols import ike
from tests.dpi.hearing import OUT, claimed, heard, recited
from tests.dpi.talking import apps, rows

NAT = Context(transport="udp", dst_port=4500)


def esp(number: int, spi: bytes = b"\xc0\xff\xee\x01") -> bytes:
    return spi + number.to_bytes(4, "big") + bytes(32)


def test_version_2() -> None:
    asked, answered, secret = recited(ike, "version2")
    assert (asked.exchange, asked.message, asked.weak) == ("ike-sa-init", "request", False)
    assert (answered.message, answered.latency, answered.weak) == ("response", 10, True)
    assert answered.transforms == ("3des", "prf-md5", "hmac-md5-96", "modp1024")
    assert (secret.exchange, secret.encrypted, secret.responder_spi) == ("ike-auth", True, "02" * 8)


def test_aggressive_mode_shows_who_it_is() -> None:
    (seen,) = recited(ike, "aggressive")
    assert (seen.version, seen.exchange, seen.identity) == (1, "aggressive", "alice.example.com")


def test_esp_beside_it() -> None:
    message, packet = recited(ike, "nat")
    assert message.exchange == "ike-auth"
    assert (packet.spi, packet.sequence) == ("c0ffee01", 1)


def test_esp_of_two_kernels_in_udp() -> None:
    assert apps("esp/udp") == {("ike", "content")}
    told = rows("esp/udp", "ike_esp")  # two associations, and two after the rekeying
    assert [(one["side"], one["sequence"]) for one in told] == [("out", 1), ("in", 1)] * 2
    assert len({one["spi"] for one in told}) == 4


def test_esp_alone_needs_three_packets_on_its_port() -> None:
    assert ike.claims(esp(1), OUT, NAT).value == "need more"
    assert claimed(ike, esp(1), transport="udp", port=4501) == "no"
    assert not ike.confirm([(OUT, esp(1)), (OUT, esp(2))], NAT)
    assert ike.confirm([(OUT, esp(n)) for n in (1, 2, 4)], NAT)
    assert not ike.confirm([(OUT, esp(5))] * 3, NAT)
    assert not ike.confirm([(OUT, esp(n, bytes([n, 1, 1, 1]))) for n in (1, 2, 3)], NAT)


def test_bounds_and_junk() -> None:
    many = [(OUT, esp(1, n.to_bytes(4, "big"))) for n in range(1, 500)]
    assert len(heard(ike, *many, transport="udp", port=4500)) == ike.MAX_ESP
    with pytest.raises(ProtocolError):
        heard(ike, (OUT, bytes(40)), transport="udp", port=500)
