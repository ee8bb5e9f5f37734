"""Initial packets from inside: RFC vectors, frames, and a CRYPTO stream against a naive one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.dpi.wire import quic_initial
from procwire.dpi.wire.quic_initial import CryptoStream, Opener, read_frames
from procwire.dpi.wire.quic_packet import read_long
from tests.dpi import quic_vectors as vectors
from tests.dpi.quic_dialogue import crypto_frame, seal


def test_rfc9001_server_packet() -> None:
    packet = read_long(vectors.SERVER_PACKET, 0)
    assert packet is not None
    opener = Opener(1, vectors.DCID, server=True)
    frames = opener.open(vectors.SERVER_PACKET, packet)
    assert frames is not None
    assert frames.hex().startswith("02000000000600405a020000560303eefce7f7")
    assert opener.largest == 1
    stream = CryptoStream()
    assert read_frames(frames, stream) is None
    message = stream.next_message()
    assert message is not None
    assert message[0] == 2
    assert stream.next_message() is None


def test_bent_packet_opens_nothing_and_harms_nothing() -> None:
    packet = read_long(vectors.SERVER_PACKET, 0)
    assert packet is not None
    opener = Opener(1, vectors.DCID, server=True)
    bent = vectors.SERVER_PACKET[:-1] + b"\0"
    assert opener.open(bent, packet) is None
    assert opener.largest == -1
    assert opener.open(vectors.SERVER_PACKET, packet) is not None


def test_packet_numbers_go_on() -> None:
    opener = Opener(1, vectors.DCID, server=False)
    for number in (0, 1, 70000, 69999, 2**31):
        data = seal(b"\1", vectors.DCID, number)
        packet = read_long(data, 0)
        assert packet is not None
        assert opener.open(data, packet) is not None
    assert opener.largest == 2**31


def test_unknown_version() -> None:
    with pytest.raises(KeyError):
        Opener(0x12345678, vectors.DCID, server=False)


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=400), st.randoms(use_true_random=False))
def test_crypto_stream_against_a_naive_one(data: bytes, choose: random.Random) -> None:
    pieces = []
    for _ in range(30):
        start = choose.randrange(len(data))
        pieces.append((start, data[start : start + choose.randrange(1, 60)]))
    stream = CryptoStream()
    have = set()
    for offset, piece in pieces:
        stream.add(offset, piece)
        stream.settle()
        have |= set(range(offset, offset + len(piece)))
        length = next(at for at in range(len(data) + 1) if at not in have)
        assert bytes(stream.data) == data[:length]


def test_crypto_stream_is_bounded() -> None:
    stream = CryptoStream()
    for number in range(2000):
        stream.add(1000 + 31 * number, b"x" * 30)
    stream.add(2**61, b"y" * 1000)
    assert len(stream._pieces) <= quic_initial.MAX_PIECES
    assert stream.dropped > 1000
    stream.settle()
    assert not stream.data


def test_frames() -> None:
    ack = b"\x02\x05\x00\x01\x00\x02\x03"
    ecn = b"\x03\x05\x00\x00\x00\x01\x02\x03"
    stream = CryptoStream()
    frames = b"\0\0\1" + ack + ecn + crypto_frame(0, b"ab") + b"\0" * 9 + crypto_frame(2, b"cd")
    assert read_frames(frames, stream) is None
    assert bytes(stream.data) == b"abcd"
    assert read_frames(b"\x1c\x0a\x06\x02no", stream) == (10, b"no")
    assert read_frames(b"\x1d\x0a\x02no", stream) == (10, b"no")
    assert read_frames(b"\x08" + crypto_frame(4, b"ef"), stream) is None
    assert bytes(stream.data) == b"abcd"


@given(st.binary(max_size=200))
def test_junk_frames(frames: bytes) -> None:
    stream = CryptoStream()
    closed = read_frames(frames, stream)
    assert closed is None or closed[0] >= 0
    assert len(stream.data) <= len(frames)


def test_a_hello_behind_an_ack_of_google() -> None:
    """Its ACK has no lengths that any document tells: the hello is looked for, nearby and whole."""
    hello = b"\x02\0\0\x04body"
    for ack in (b"\x40\x01\x00\x01\x00", b"\x64\x00\x01\x00\x08\x01\x00\x01", b"\x40"):
        for google in (True, False):
            stream = CryptoStream()
            frames = b"\0" + ack + b"\x08" + crypto_frame(0, hello)[1:] + bytes(20)
            assert read_frames(frames, stream, google=google) is None
            assert bytes(stream.data) == (hello if google else b"")
    for wrong in (hello[:-1], b"\x03" + hello[1:]):
        stream = CryptoStream()
        read_frames(b"\x40\1\0\1\0\x08" + crypto_frame(0, wrong)[1:], stream, google=True)
        assert not stream.data
