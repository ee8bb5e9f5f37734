"""OpenVPN: how it begins, over UDP and TCP."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.dpi.protocols import openvpn
from tests.dpi.hearing import IN, OUT, claimed, heard, listening, recited
from tests.dpi.talking import apps, rows


def test_beginning() -> None:
    seen = recited(openvpn, "plain")
    assert [(one.message, one.latency) for one in seen] == [
        ("client-reset", None), ("server-reset", 10), ("established", 30),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "how"), [("plain", "none"), ("crypt", "tls-crypt"), ("auth", "tls-auth")])
def test_real_tunnels(name: str, how: str) -> None:
    assert {one["protection"] for one in rows(f"openvpn/{name}", "openvpn")} == {how}
    assert apps(f"openvpn/{name}") == {("openvpn", "content")}


@pytest.mark.parametrize(
    ("data", "transport", "answer"),
    [
        (b"\x38" + b"\1" * 8 + bytes(5), "udp", "yes"),
        (b"\x40" + b"\1" * 8 + bytes(5), "udp", "no"),
        (b"\x38" + b"\1" * 8 + bytes(4) + b"\1", "udp", "no"),
        (b"\0\x0e\x38" + b"\1" * 8 + bytes(5), "tcp", "yes"),
        (b"\0\x0e\x38\1", "tcp", "need more"),
        (b"\0\x02\x38", "tcp", "no"),
    ],
)
def test_claims(data: bytes, transport: str, answer: str) -> None:
    assert claimed(openvpn, data, transport=transport) == answer


def test_end_of_reading() -> None:
    parser = listening(openvpn)
    list(parser.gap(IN, 5, now=1))
    assert parser.skip(OUT) == ENOUGH
    with pytest.raises(ProtocolError):
        heard(openvpn, (OUT, b"\xff" * 20), transport="udp")
    with pytest.raises(ProtocolError):
        heard(openvpn, (OUT, bytes(20)))
