"""A TLS handshake inside of another protocol, from real flights."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Direction, ProtocolError
from procwire.dpi.wire.tls_inside import MAX_MESSAGES, Inside
from procwire.dpi.wire.tls_told import CertificateChain, ClientHello, ServerHello
from tests.dpi import tls_dialogue


def read(version: str, step: int) -> tuple[list[Any], Inside]:
    flights, _ = tls_dialogue.converse(tls_dialogue.contexts(version))
    inside = Inside()
    seen: list[Any] = []
    for now, (side, data) in enumerate(flights):
        for at in range(0, len(data), step):
            seen += inside.feed(side, data[at : at + step], now)
    return seen, inside


@pytest.mark.parametrize("step", [1, 1000, 1 << 20])
def test_hellos_and_certificates(step: int) -> None:
    seen, inside = read("TLSv1_2", step)
    assert [type(one) for one in seen[:3]] == [ClientHello, ServerHello, CertificateChain]
    assert (seen[0].server_name, seen[1].version, seen[1].latency) == ("server.example", "TLSv1.2", 1)
    assert seen[2].length == len(seen[3:]) > 0
    assert (seen[3].common_name, seen[3].client) == ("server.example", False)
    assert inside.over


def test_behind_the_hellos_of_tls13_nothing_is_in_clear() -> None:
    seen, inside = read("TLSv1_3", 1 << 20)
    assert [type(one) for one in seen] == [ClientHello, ServerHello]
    assert seen[1].version == "TLSv1.3"
    assert inside.over


def test_hostile() -> None:
    with pytest.raises(ProtocolError):
        list(Inside().feed(Direction.OUT, b"GET / HTTP/1.1", 1))
    with pytest.raises(ProtocolError):  # messages of no length, without end
        list(Inside().feed(Direction.OUT, b"\x16\3\3\0\4\0\0\0\0" * (MAX_MESSAGES + 1), 1))
