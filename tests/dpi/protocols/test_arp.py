"""ARP: pairs, probes, stations that change, and the bound of what is remembered."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.protocols import arp
from procwire.dpi.protocols.arp import Parser, claims

CONTEXT = Context(transport="arp")
A, B, NONE = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]), bytes(4)


def frame(operation: int, sender: bytes, target: bytes, station: int = 1) -> bytes:
    head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
    return head + bytes(5) + bytes([station]) + sender + bytes(6) + target + bytes(18)


def feed(parser: Parser, data: bytes, now: int = 1) -> Any:
    (seen,) = parser.feed(Direction.OUT, data, now=now)
    return seen


def test_request_and_reply() -> None:
    parser = Parser(CONTEXT)
    asked = feed(parser, frame(1, A, B), 10)
    answered = feed(parser, frame(2, B, A, 2), 35)
    assert (asked.message, asked.sender, asked.target, asked.target_mac) == (
        "request",
        "192.0.2.1",
        "192.0.2.2",
        "",
    )
    assert (answered.message, answered.latency, answered.sender_mac) == ("reply", 25, "00:00:00:00:00:02")
    assert not list(parser.finish(99))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (frame(1, NONE, B), "probe"),
        (frame(1, A, A), "announcement"),
        (frame(2, A, A), "announcement"),
        (frame(3, A, B), "reverse-request"),
        (frame(77, A, B), "operation-77"),
    ],
)
def test_kinds(data: bytes, message: str) -> None:
    assert feed(Parser(CONTEXT), data).message == message


def test_another_station_for_an_address() -> None:
    parser = Parser(CONTEXT)
    seen = [feed(parser, frame(2, A, B, station)).former_mac for station in (1, 1, 2)]
    assert seen == ["", "", "00:00:00:00:00:01"]


def test_unanswered() -> None:
    parser = Parser(CONTEXT)
    for now in (10, 20):
        feed(parser, frame(1, A, B), now)
    (left,) = parser.finish(60)
    assert (left.target, left.attempts, left.waited) == ("192.0.2.2", 2, 50)  # type: ignore[attr-defined]


def test_memory_of_stations_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arp, "MAX_BINDINGS", 4)
    parser = Parser(CONTEXT)
    for number in range(40):
        feed(parser, frame(2, bytes([10, 0, 0, number]), B))
    assert len(parser.stations) == 4


def test_other_networks_are_refused() -> None:
    data = frame(1, A, B)
    assert claims(data, Direction.OUT, CONTEXT) is Claim.YES
    assert claims(data[:27], Direction.OUT, CONTEXT) is Claim.NO
    with pytest.raises(ProtocolError):
        feed(Parser(CONTEXT), data[:2] + b"\x86\xdd" + data[4:])
