"""QUIC sessions that aioquic made, read with its key log."""

from __future__ import annotations

import os
from typing import Any

import pytest
from aioquic.tls import CipherSuite

from procwire.decrypt import reasons as room
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.quic_session import QuicSession
from tests.decrypt.dialogue import key_log
from tests.decrypt.quic_dialogue import Flights, Spoken, Talk

BIG = os.urandom(30_000)


def conversation(version: int = 1, **how: Any) -> Talk:
    talk = Talk(version, **how)
    for _ in range(4):
        talk.turn()
    return talk


def exchange(talk: Talk) -> Talk:
    assert talk.server is not None
    talk.client.send_stream_data(0, b"question", end_stream=True)
    talk.turn()
    talk.server.send_stream_data(0, BIG, end_stream=True)
    for _ in range(12):
        talk.turn()
    return talk


def read(flights: Flights, keys: KeyLog) -> tuple[QuicSession, dict[tuple[int, int], bytes]]:
    """The session after all datagrams, and what each stream said."""
    session, found = QuicSession(keys), []
    streams: dict[tuple[int, int], bytes] = {}
    for side, data in flights:
        found += session.feed(side, data)
    for who, stream, _, part, _ in found + session.finish():
        streams[who, stream] = streams.get((who, stream), b"") + part
    return session, streams


@pytest.mark.parametrize("version", [1, 0x6B3343CF])
@pytest.mark.parametrize(
    "suite",
    [CipherSuite.AES_128_GCM_SHA256, CipherSuite.AES_256_GCM_SHA384, CipherSuite.CHACHA20_POLY1305_SHA256],
)
def test_versions_and_suites(version: int, suite: CipherSuite) -> None:
    spoken = exchange(conversation(version, suite=suite)).spoken()
    session, streams = read(spoken.flights, key_log(spoken.keys))
    assert (streams[0, 0], streams[1, 0]) == (b"question", BIG)
    assert not session.failed.total()
    assert {kind for _, kind, _ in session.messages} >= {8, 11, 20}


def test_key_updates() -> None:
    talk = conversation()
    for number in range(3):
        talk.client.request_key_update()
        talk.client.send_stream_data(0, b"%d" % number)
        talk.turn()
        talk.turn()
    spoken = exchange(talk).spoken()
    session, streams = read(spoken.flights, key_log(spoken.keys))
    assert (streams[0, 0], streams[1, 0]) == (b"012question", BIG)
    assert session.phases >= 4
    assert not session.failed.total()


def test_other_connection_ids() -> None:
    talk = conversation()
    talk.client.change_connection_id()
    spoken = exchange(talk).spoken()
    _, streams = read(spoken.flights, key_log(spoken.keys))
    assert streams[1, 0] == BIG


def early() -> Spoken:
    first = exchange(conversation()).spoken()
    assert first.ticket is not None
    talk = Talk(ticket=first.ticket)
    talk.client.send_stream_data(0, b"early", end_stream=False)
    for _ in range(4):
        talk.turn()
    return talk.spoken()


def test_early_data() -> None:
    spoken = early()
    assert b"CLIENT_EARLY" in spoken.keys
    session, streams = read(spoken.flights, key_log(spoken.keys))
    assert streams[0, 0] == b"early"
    assert not session.failed[room.NOT_AUTHENTIC]


def test_lost_and_late_packets() -> None:
    spoken = exchange(conversation()).spoken()
    flights = spoken.flights
    late = flights[:10] + flights[12:14] + flights[10:12] + flights[14:]
    session, streams = read(late, key_log(spoken.keys))
    assert streams[1, 0] == BIG
    lost = [flight for number, flight in enumerate(flights) if number != 14]
    session, streams = read(lost, key_log(spoken.keys))
    assert len(streams[1, 0]) > len(BIG) - 3000
    assert session.opened > 10


def test_a_spoofed_datagram_does_not_end_it() -> None:
    spoken = exchange(conversation()).spoken()
    flights: Flights = []
    for side, data in spoken.flights:
        spoiled = data[:-1] + bytes([data[-1] ^ 1])
        flights += [(side, spoiled), (side, os.urandom(60)), (side, data)]
    session, streams = read(flights, key_log(spoken.keys))
    assert streams[1, 0] == BIG
    assert session.failed[room.NOT_AUTHENTIC] > 10


def test_keys_that_come_late() -> None:
    spoken = exchange(conversation()).spoken()
    keys = key_log(b"", complete=False)
    session, found = QuicSession(keys), []
    for number, (side, data) in enumerate(spoken.flights):
        if number == len(spoken.flights) - 1:
            assert session.waiting
            keys.feed(bytearray(spoken.keys))
        found += session.feed(side, data)
    assert b"".join(data for side, stream, _, data, _ in found if (side, stream) == (1, 0)) == BIG
    assert not session.waiting


def test_the_backlog_is_bounded() -> None:
    spoken = exchange(conversation()).spoken()
    keys = key_log(b"", complete=False)
    session, _ = read(spoken.flights * 20, keys)
    assert session.failed[room.BACKLOG_FULL] > 0
    assert session.failed[room.NO_KEY] > 0


def test_without_keys_it_is_hopeless() -> None:
    spoken = exchange(conversation()).spoken()
    session, streams = read(spoken.flights, key_log(b""))
    assert session.hopeless
    assert not streams
