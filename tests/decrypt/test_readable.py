"""Conversations for people: HTTP/1 of every framing, and what is none."""

from __future__ import annotations

import gzip
from collections import deque

import pytest

from procwire.decrypt.piece import Piece
from procwire.decrypt.readable import HttpSide, Readable

TEXT = b"<p>what is said inside</p>" * 50
CODED = gzip.compress(TEXT, mtime=0)
NOTE = b"[gzip: %d bytes, unfolded to %d]\n" % (len(CODED), len(TEXT))
ASKED = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


def chunked(data: bytes) -> bytes:
    parts = [data[at : at + 100] for at in range(0, len(data), 100)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


LENGTH = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(CODED)
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
CLOSED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain"


def talk(answers: bytes, step: int, *, asked: bytes = ASKED * 3) -> bytes:
    readable = Readable()
    shown = readable.shown([Piece(0, asked, 1)])
    for at in range(0, len(answers), step):
        shown += readable.shown([Piece(1, answers[at : at + step], 1)])
    shown += readable.finish()
    assert b"".join(piece.data for piece in shown if piece.side == 0) == asked
    return b"".join(piece.data for piece in shown if piece.side == 1)


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_coded_bodies_of_each_framing(step: int) -> None:
    answers = LENGTH + CODED + CHUNKED + chunked(CODED) + CLOSED + CODED
    assert talk(answers, step) == LENGTH + NOTE + TEXT + CHUNKED + NOTE + TEXT + CLOSED + NOTE + TEXT


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_what_has_no_coding_stays_as_it_was(step: int) -> None:
    plain_chunks = CHUNKED.replace(b"Content-Encoding: gzip\r\n", b"") + chunked(TEXT)
    for data in (PLAIN + PLAIN, plain_chunks + PLAIN, b"220 no HTTP\r\n" + bytes(50), b""):
        assert talk(data, step) == data


def test_an_answer_to_head_has_no_body() -> None:
    head = b"HEAD / HTTP/1.1\r\n\r\n"
    assert talk(LENGTH + PLAIN, 10, asked=head + ASKED) == LENGTH + PLAIN


def test_behind_a_gap_it_is_shown_as_it_is() -> None:
    readable = Readable()
    readable.shown([Piece(1, LENGTH + CODED[:20], 1)])
    shown = readable.shown([Piece(1, CODED[30:], 2, "tls", -1, 10)])
    data = b"".join(piece.data for piece in shown)
    assert data.endswith(CODED[30:])
    assert data.startswith(b"[gzip: 20 bytes")


def test_a_stream_that_is_handed_on_is_shown_as_it_is() -> None:
    side = HttpSide(deque(["CONNECT"]))
    data = b"HTTP/1.1 200 OK\r\n\r\n\x16\x03\x01"
    assert side.feed(data) + side.feed(b"rest") == data + b"rest"
    assert side.lost
