"""Held pieces do not overlap, and what came first stays."""

from __future__ import annotations

from procwire.flows.pieces import PIECE
from tests.flows.script import Stage, handshake, packet


def at(offset: int, text: bytes) -> dict[str, object]:
    return packet(seq=1001 + offset, ack=5001, data=text, at=30)


def test_a_piece_fills_the_spaces_between_those_held() -> None:
    stage = Stage()
    stage.play(*handshake(), at(4, b"44"), at(8, b"88"), at(2, b"..........."))
    assert stage.tracker.counts.held_bytes == 11 + 5 * PIECE
    stage.play(at(0, b"00"))
    assert stage.reader.text() == b"00..44..88..."
    assert stage.tracker.counts.held_bytes == 0


def test_a_piece_that_is_held_already_costs_nothing() -> None:
    stage = Stage()
    stage.play(*handshake(), at(4, b"4444"), at(5, b"xx"), at(4, b"xxxx"), at(4, b"y"))
    assert stage.tracker.counts.held_bytes == 4 + PIECE
