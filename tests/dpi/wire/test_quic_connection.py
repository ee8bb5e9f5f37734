"""Which connection an Initial packet belongs to, and that tries are bounded."""

from __future__ import annotations

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


def test_newest_without_a_hello_gives_way() -> None:
    connections = Connections()
    for number in range(3 * quic_connection.MAX_CONNECTIONS):
        data = seal(b"\1", b"dcid%04d" % number)
        assert connections.open(Direction.OUT, data, packet_of(data)) is not None
    assert len(connections._all) == quic_connection.MAX_CONNECTIONS


def test_tries_are_bounded() -> None:
    connections = Connections()
    for number in range(2 * quic_connection.MAX_KEYINGS):
        data = seal(b"\1", b"dcid%04d" % number)[:-1] + b"!"
        assert connections.open(Direction.OUT, data, packet_of(data)) is None
    assert connections._keyings == quic_connection.MAX_KEYINGS
    assert connections.latest is None
