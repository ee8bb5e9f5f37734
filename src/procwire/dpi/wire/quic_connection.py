# cython: cdivision=True
"""The connections of one UDP flow, as far as their Initial packets go: who keys what (RFC 9001 section 5.2).

A flow usually has one; after a Retry there are two, since the client's new destination id makes new keys. A
datagram that no connection opens may be spoofed or broken: it costs one try and changes nothing.

A reserved version (RFC 9000 section 15) has no salt of its own: a client that offers one keys as it would for
the version that it means, so the salts of those are tried.
"""

from __future__ import annotations

from procwire.dpi.wire._quic_names import DRAFT, SALTS, V1, is_grease
from procwire.dpi.wire.quic_initial import CryptoStream, Opener
from procwire.dpi.wire.quic_packet import LongPacket
from procwire.dpi.wire.tls_hello import Hello
from procwire.model.streams import Direction

MAX_CONNECTIONS = 4  # kept of one flow
MAX_OPENERS = 8  # of one connection: two sides, and versions that were negotiated (RFC 9368)
MAX_KEYINGS = 64  # tries of one flow to find a connection's keys
STAND_INS = (V1, DRAFT | 29, DRAFT | 27)  # a reserved version is tried with their salts; 27's is 23's too


class Connection:
    """What one original destination connection id keys: both sides' Initial packets and their CRYPTO."""

    def __init__(self, dcid: bytes, client: Direction, keyed: int) -> None:
        self.dcid = dcid
        self.client = client
        self.keyed = keyed  # the version whose salt opened it; another one only where it is reserved
        self.streams = (CryptoStream(), CryptoStream())
        self.random = b""  # of the ClientHello
        self.client_hello: Hello | None = None
        self.server_hello: Hello | None = None
        self.retry = False  # the server answered with a HelloRetryRequest
        self.version = 0  # of the latest packet with a hello
        self.hello_at: int | None = None
        self.answered = False  # a packet of the other side was opened too
        self._openers: dict[tuple[int, Direction], Opener] = {}

    def open(self, data: bytes, packet: LongPacket, side: Direction) -> bytes | None:
        """The frames of a packet that this side sent; None where it is not of this connection."""
        version = self.keyed if is_grease(packet.version) else packet.version
        key = (version, side)
        opener = self._openers.get(key)
        if opener is None:
            if version not in SALTS or len(self._openers) >= MAX_OPENERS:
                return None
            opener = Opener(version, self.dcid, server=side != self.client)
            self._openers[key] = opener
        frames = opener.open(data, packet)
        self.answered = self.answered or (frames is not None and side != self.client)
        return frames


class Connections:
    """A flow's connections, the newest last. Bounded: the newest that was not answered gives way, so that
    nobody can push one out with Initial packets that he makes up."""

    def __init__(self) -> None:
        self._all: list[Connection] = []
        self._keyings = 0

    @property
    def latest(self) -> Connection | None:
        """The one that was opened last."""
        return self._all[-1] if self._all else None

    def open(self, side: Direction, data: bytes, packet: LongPacket) -> tuple[Connection, bytes] | None:
        """The connection that an Initial packet belongs to, and its frames; None where no keys fit."""
        for connection in reversed(self._all):
            frames = connection.open(data, packet, side)
            if frames is not None:
                return connection, frames
        if any(known.dcid == packet.dcid and known.client == side for known in self._all):
            return None
        for version in STAND_INS if is_grease(packet.version) else (packet.version,):
            if version not in SALTS or self._keyings >= MAX_KEYINGS:
                return None
            self._keyings += 1
            connection = Connection(packet.dcid, side, version)
            frames = connection.open(data, packet, side)
            if frames is not None:
                self._keep(connection)
                return connection, frames
        return None

    def _keep(self, connection: Connection) -> None:
        if len(self._all) >= MAX_CONNECTIONS:
            self._all.remove(next((old for old in self._all[::-1] if not old.answered), self._all[0]))
        self._all.append(connection)
