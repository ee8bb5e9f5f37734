"""What flows said first: kept of what was read anyway, within bounds; what is parsed is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procwire.decrypt import beginnings as room
from procwire.decrypt.beginnings import Beginnings
from procwire.decrypt.keylog import KeyLog
from procwire.engine.options import ReadOptions
from procwire.engine.reading import Reading
from procwire.model.flow import Flow
from procwire.model.streams import ENOUGH
from tests.decrypt.dialogue import Dialogue, key_log
from tests.decrypt.test_tap import Ends, followed
from tests.model.test_tables import a_flow

VECTORS = Path(__file__).parents[1] / "vectors"
HTTP = str(VECTORS / "http" / "pipelined.pcap")
ARP = str(next((VECTORS / "arp").glob("*.pcap")))


class Wants:
    """A sink that answers so."""

    def __init__(self, wanted: int = 0) -> None:
        self.wanted = wanted
        self.over: list[int] = []

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
        return self.wanted

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:
        return self.wanted

    def ended(self, flow: Any, now: int) -> None:
        self.over.append(flow.number)


def flow_number(number: int) -> Flow:
    flow = a_flow()
    flow.number = number
    return flow


def read(path: str) -> tuple[Ends, Beginnings]:
    ends, made = Ends(), []

    def tapped(keys: KeyLog | None, inner: Any) -> Beginnings:
        made.append(Beginnings(keys, inner))
        return made[0]

    Reading(ReadOptions(paths=(path,)), ends, tap=tapped).run()
    return ends, made[0]


def test_a_flow_that_is_over_says_what_it_said_first() -> None:
    ends, kept = read(HTTP)
    flow = ends.flows[0]
    pieces, notes = kept.told(flow)
    assert pieces[0].data.startswith(b"GET /0 HTTP/1.1\r\n")
    assert any(piece.side and piece.data.startswith(b"HTTP/1.1 404") for piece in pieces)
    assert kept.kept(flow) == (
        sum(len(piece.data) for piece in pieces if not piece.side),
        sum(len(piece.data) for piece in pieces if piece.side),
    )
    assert not notes


def test_the_parsers_see_the_same() -> None:
    untapped, _, _ = followed("99")
    assert read(HTTP)[0].seen == untapped.seen
    assert any("arp" in str(line) for line in read(ARP)[0].seen)


def test_what_a_parser_skips_is_counted_between() -> None:
    kept = Beginnings(None, Wants(70))
    flow = flow_number(1)
    assert kept.data(flow, 1, b"head", 1) == 70
    kept.gap(flow, 1, 5, 2)
    kept.data(flow, 1, b"next head", 3)
    assert [(piece.data, piece.missing) for piece in kept.told(flow)[0]] == [
        (b"head", 0),
        (b"next head", 145),
    ]
    assert Beginnings(None, Wants(ENOUGH)).data(flow, 0, b"x", 1) == ENOUGH


def test_memory_is_bounded_and_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_BYTES", 5_000)
    kept = Beginnings(None, Wants())
    for number in range(1, 40):
        kept.data(flow_number(number), 0, b"x" * 300, number)
        assert kept.held <= 5_000
    assert kept.evicted == 39 - len(kept)
    assert kept.kept(flow_number(1)) is None
    assert kept.told(flow_number(1)) == ([], [])
    assert kept.kept(flow_number(39)) == (300, 0)
    kept.data(flow_number(1), 0, b"later words", 50)
    assert kept.kept(flow_number(1)) is None  # they are not its first


def test_a_side_and_a_flow_are_bounded() -> None:
    kept = Beginnings(None, Wants())
    long, many = flow_number(1), flow_number(2)
    kept.data(long, 0, b"x" * (room.MAX_SIDE_BYTES + 1), 1)
    kept.data(long, 0, b"x", 2)
    for now in range(2 * room.MAX_PIECES):
        kept.data(many, now & 1, b"x", now)
    assert kept.kept(long) == (room.MAX_SIDE_BYTES, 0)
    assert sum(kept.kept(many) or ()) == room.MAX_PIECES


def test_what_is_told_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_TOLD_BYTES", 10)
    kept = Beginnings(None, Wants())
    flow = flow_number(1)
    for now in range(4):
        kept.data(flow, 0, b"1234", now)
    assert [piece.data for piece in kept.told(flow)[0]] == [b"1234", b"1234", b"12"]


def test_what_was_encrypted_is_clear_after_its_keys_are_gone() -> None:
    spoken = Dialogue().run([(0, b"question"), (1, b"answer")])
    keys = key_log(spoken.keys)
    sink = Wants()
    kept = Beginnings(keys, sink)
    flow = flow_number(1)
    for now, (side, data) in enumerate(spoken.flights):
        kept.data(flow, side, data, now)
    kept.ended(flow, 99)
    keys.close()
    pieces, _ = kept.told(flow)
    for place in (0, 1):
        said = b"".join(piece.data for piece in pieces if piece.side == place)
        assert said
        assert spoken.said[place].startswith(said)
    assert {piece.layer for piece in pieces} == {"tls"}
    assert sink.over == [1]
    assert 0 < kept.held <= room.MAX_BYTES
