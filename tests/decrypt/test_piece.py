"""A piece of a conversation."""

from __future__ import annotations

from procwire.decrypt.piece import Piece


def test_a_piece_is_payload_of_no_stream_unless_it_says_otherwise() -> None:
    piece = Piece(1, b"said", 7)
    assert (piece.side, piece.data, piece.now) == (1, b"said", 7)
    assert (piece.layer, piece.stream, piece.missing) == ("payload", -1, 0)
