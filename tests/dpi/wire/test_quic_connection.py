"""Which connection an Initial packet belongs to, and that tries are bounded."""

from __future__ import annotations

import pytest

from procwire.dpi.wire import quic_connection
from procwire.dpi.wire.quic_connection import Connections
from procwire.dpi.wire.quic_packet import LongPacket, read_long
from procwire.model.streams import Direction
from tests.dpi import quic_vectors as vectors
from tests.dpi.quic_dialogue import seal


def packet_of(data: bytes) -> LongPacket:
    packet = read_long(data, 0)
    assert packet is not None
    return packet


def test_both_sides_of_one() -> None:
    connections = Connections()
    client = seal(vectors.CLIENT_FRAMES, vectors.DCID)
    opened = connections.open(Direction.OUT, client, packet_of(client))
    assert opened is not None
    server = vectors.SERVER_PACKET
    answered = connections.open(Direction.IN, server, packet_of(server))
    assert answered is not None
    assert answered[0] is opened[0] is connections.latest


def test_the_newest_that_was_not_answered_gives_way() -> None:
    """The first stays: what somebody makes up behind it, answers to it must not be lost by."""
    connections = Connections()
    client = seal(vectors.CLIENT_FRAMES, vectors.DCID)
    true = connections.open(Direction.OUT, client, packet_of(client))
    for number in range(3 * quic_connection.MAX_CONNECTIONS):
        data = seal(b"\1", b"dcid%04d" % number)
        assert connections.open(Direction.OUT, data, packet_of(data)) is not None
    assert len(connections._all) == quic_connection.MAX_CONNECTIONS
    server = vectors.SERVER_PACKET
    answered = connections.open(Direction.IN, server, packet_of(server))
    assert true is not None
    assert answered is not None
    assert answered[0] is true[0]


def test_tries_are_bounded() -> None:
    connections = Connections()
    for number in range(2 * quic_connection.MAX_KEYINGS):
        data = seal(b"\1", b"dcid%04d" % number)[:-1] + b"!"
        assert connections.open(Direction.OUT, data, packet_of(data)) is None
    assert connections._keyings == quic_connection.MAX_KEYINGS
    assert connections.latest is None


@pytest.mark.parametrize("keyed", [1, 0xFF00001D, 0xFF00001E, 0xFF00001B])
def test_a_reserved_version_is_keyed_as_the_one_that_is_meant(keyed: int) -> None:
    connections = Connections()
    data = seal(vectors.CLIENT_FRAMES, vectors.DCID, version=0x0A0A0A0A, keyed=keyed)
    opened = connections.open(Direction.OUT, data, packet_of(data))
    assert opened is not None
    again = seal(b"\1", vectors.DCID, 1, version=keyed)  # what the client sends once the server named its own
    answered = connections.open(Direction.OUT, again, packet_of(again))
    assert answered is not None
    assert answered[0] is opened[0]


def test_tries_of_a_reserved_version_are_bounded() -> None:
    connections = Connections()
    for number in range(quic_connection.MAX_KEYINGS):
        data = seal(b"\1", b"dcid%04d" % number, version=0x1A2A3A4A, keyed=1)[:-1] + b"!"
        assert connections.open(Direction.OUT, data, packet_of(data)) is None
    assert connections._keyings == quic_connection.MAX_KEYINGS
