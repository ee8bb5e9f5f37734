"""WireGuard: handshakes, data alone, what only has the size."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Context, ProtocolError
from procwire.dpi.protocols import wireguard
from tests.dpi.hearing import IN, OUT, claimed, heard, recited
from tests.dpi.samples import dialogues
from tests.dpi.talking import rows

WHERE = Context(transport="udp")


def test_handshake() -> None:
    seen = recited(wireguard, "handshake")
    assert [(one.message, one.sender, one.receiver, one.latency) for one in seen] == [
        ("initiation", "44332211", "", None),
        ("response", "88776655", "44332211", 10),
        ("established", "", "88776655", 20),
    ]
    assert [line["message"] for line in rows("wireguard/tunnel", "wireguard")] == [
        "initiation", "response", "established",
    ]  # fmt: skip


def test_data_alone_needs_three() -> None:
    (late,) = [one for one in dialogues("wireguard") if one.name == "late"]
    assert claimed(wireguard, late.steps[0][1], transport="udp") == "need more"
    assert not wireguard.confirm(late.steps[:2], WHERE)
    assert wireguard.confirm(late.steps, WHERE)
    assert not wireguard.confirm([late.steps[0]] * 3, WHERE)


def test_response_must_name_the_initiation() -> None:
    (full,) = [one for one in dialogues("wireguard") if one.name == "handshake"]
    initiation, response = full.steps[0][1], full.steps[1][1]
    assert wireguard.confirm([(OUT, initiation), (IN, response)], WHERE)
    other = response[:8] + b"\0\0\0\0" + response[12:]
    assert not wireguard.confirm([(OUT, initiation), (IN, other)], WHERE)
    assert claimed(wireguard, response, transport="udp") == "need more"


@pytest.mark.parametrize("data", [b"\1\0\0\0" + bytes(143), b"\4\0\0\1" + bytes(28), b"\4\0\0\0" + bytes(29)])
def test_what_is_none(data: bytes) -> None:
    assert claimed(wireguard, data, transport="udp") == "no"
    with pytest.raises(ProtocolError):
        heard(wireguard, (OUT, data), transport="udp")
