"""QUIC sessions that aioquic made, read with its key log."""

from __future__ import annotations

import os
from typing import Any

import pytest
from aioquic.tls import CipherSuite

from procwire.decrypt import quic_session
from procwire.decrypt import reasons as room
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.late import sent_at
from procwire.decrypt.quic_session import QuicSession
from procwire.dpi.wire.quic_connection import Connections
from procwire.dpi.wire.quic_initial import read_frames
from procwire.dpi.wire.quic_packet import read_long
from procwire.model.streams import Direction
from tests.decrypt.dialogue import OUT, key_log
from tests.decrypt.quic_dialogue import Flights, Spoken, Talk
from tests.dpi.quic_dialogue import crypto_frame, seal, varint

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
        session.now = number
        found += session.feed(side, data)
    assert b"".join(data for side, stream, _, data, _ in found if (side, stream) == (1, 0)) == BIG
    assert sent_at(found[0], -1) < sent_at(found[-2], number)
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


def forged(client_hello: bytes) -> tuple[Direction, bytes]:
    """A client's Initial packet under a connection id of its own: anybody can write one."""
    return OUT, seal(crypto_frame(0, client_hello), os.urandom(8))


def hello_of(flights: Flights) -> bytes:
    """The ClientHello of a connection, as it stands in its CRYPTO stream."""
    connections = Connections()
    packet = read_long(flights[0][1], 0)
    assert packet is not None
    opened = connections.open(flights[0][0], flights[0][1], packet)
    assert opened is not None
    stream = opened[0].streams[0]
    read_frames(opened[1], stream)
    kind, body = stream.next_message() or (0, b"")
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def test_forged_hellos_take_nothing_away() -> None:
    """With a random of their own, and with that of a connection whose keys are in the log."""
    spoken, other = exchange(conversation()).spoken(), exchange(conversation()).spoken()
    true = hello_of(spoken.flights)
    strange = true[:6] + os.urandom(32) + true[38:]
    flights: Flights = []
    for number, (side, data) in enumerate(spoken.flights):
        flights.append((side, data))
        if number < 12:
            flights += [forged(strange), forged(hello_of(other.flights))] * 2
    session, streams = read(flights, key_log(spoken.keys + other.keys))
    assert (streams[0, 0], streams[1, 0]) == (b"question", BIG)
    assert session.random == true[6:38]
    assert not session.failed.total()


def test_lengths_of_connection_ids_that_are_claimed_push_none_out() -> None:
    spoken = exchange(conversation()).spoken()
    flights: Flights = []
    for side, data in spoken.flights:
        flights.append((side, data))
        for size in range(21):
            head = b"\xe0\x00\x00\x00\x01\x08" + os.urandom(8) + bytes([size]) + os.urandom(size)
            flights.append((Direction(1 - side), head + b"\x40\x30" + os.urandom(48)))
    _, streams = read(flights, key_log(spoken.keys))
    assert streams[1, 0] == BIG


def test_a_connection_in_two_flows_keeps_its_secrets_until_both_are_over() -> None:
    """Seen before and behind a translator of addresses; or somebody copies its first datagram."""
    spoken = exchange(conversation()).spoken()
    keys = key_log(spoken.keys)
    copied = QuicSession(keys)
    copied.feed(0, spoken.flights[0][1])
    session, found = QuicSession(keys), []
    for number, (side, data) in enumerate(spoken.flights):
        found += session.feed(side, data)
        if number == 0:
            copied.finish()
    assert b"".join(data for side, stream, _, data, _ in found if (side, stream) == (1, 0)) == BIG
    session.finish()
    assert len(keys) == 0


def test_what_waits_behind_holes_of_many_streams_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quic_session, "MAX_WAITING_BYTES", 10_000)
    session = QuicSession(key_log(b""))
    found: list[Any] = []
    for number in range(200):
        frame = b"\x0e" + varint(4 * number) + varint(1) + varint(1000) + bytes(1000)
        session._frames(0, quic_session.TRAFFIC, frame, found)
    assert sum(stream.waiting_bytes for stream in session._streams.values()) <= 10_000
    assert session._waiting_bytes == sum(stream.waiting_bytes for stream in session._streams.values())
    assert [(gap, len(data)) for _, _, gap, data, _ in found] == [(1, 1000)] * 190
