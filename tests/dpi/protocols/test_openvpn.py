"""OpenVPN: how it begins, over UDP and TCP."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.dpi.protocols import openvpn
from procwire.dpi.wire.tls_told import ClientHello
from tests.dpi import tls_dialogue
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


def test_the_handshake_inside() -> None:
    for name in ("plain", "auth"):
        (hello,) = rows(f"openvpn/{name}", "tls")
        (answer,) = rows(f"openvpn/{name}", "tls_server")
        assert (hello["side"], answer["side"], answer["version"]) == ("out", "in", "TLSv1.3")
        assert answer["latency"] > 0
    assert not rows("openvpn/crypt", "tls")


RESET = b"\x38" + b"\1" * 8 + bytes(5)
ANSWER = b"\x40" + b"\2" * 8 + b"\1" + bytes(4) + b"\1" * 8 + bytes(4)


def control(number: int, piece: bytes) -> bytes:
    return b"\x20" + b"\1" * 8 + b"\0" + number.to_bytes(4, "big") + piece


def test_pieces_of_the_handshake_come_in_any_order_and_again() -> None:
    hello = tls_dialogue.converse(tls_dialogue.contexts("TLSv1_2"))[0][0][1]
    parts = [hello[at : at + 100] for at in range(0, len(hello), 100)]
    packets = [control(number + 1, part) for number, part in enumerate(parts)]
    order = [packets[1], packets[0], packets[0], *packets[2:]]
    steps = [(OUT, RESET), (IN, ANSWER), *((OUT, packet) for packet in order), (OUT, RESET)]
    seen = heard(openvpn, *steps, transport="udp")
    assert [one.server_name for one in seen if isinstance(one, ClientHello)] == ["server.example"]


@pytest.mark.parametrize("piece", [b"no TLS at all", b"\x16\3\1" + bytes(openvpn.MAX_PIECE)])
def test_what_is_no_handshake_does_not_end_the_session(piece: bytes) -> None:
    data = b"\x30" + bytes(40)
    seen = heard(openvpn, (OUT, RESET), (IN, ANSWER), (OUT, control(1, piece)), (OUT, data), transport="udp")
    assert [one.message for one in seen] == ["client-reset", "server-reset", "established"]
