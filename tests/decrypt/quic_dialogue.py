"""QUIC with its key log: connections that aioquic makes in this process, and packets protected by hand."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

from aioquic.buffer import Buffer
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import pull_quic_header
from aioquic.tls import CipherSuite, SessionTicket
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from procwire.model.streams import Direction
from tests.decrypt.dialogue import SUITES, expand
from tests.dpi.quic_dialogue import CLIENT, SERVER, _server_configuration

Flights = list[tuple[Direction, bytes]]


class Protector:
    """Protects short-header packets to an id of eight bytes, number in four: an oracle for the opener."""

    def __init__(self, suite: int, secret: bytes, version: int) -> None:
        self.suite, self.secret, self.version = suite, secret, version
        self.prefix = "quicv2" if version == 0x6B3343CF else "quic"
        self.digest, self.size, self.make, self.how = SUITES[suite]
        self.protection = expand(self.digest, secret, f"{self.prefix} hp", self.size)
        self.phase = 0

    def update(self) -> None:
        self.secret = expand(self.digest, self.secret, f"{self.prefix} ku", len(self.secret))
        self.phase ^= 4

    def short(self, frames: bytes, number: int) -> bytes:
        header = bytes([0x43 | self.phase]) + b"A" * 8 + number.to_bytes(4, "big")
        key = expand(self.digest, self.secret, f"{self.prefix} key", self.size)
        iv = int.from_bytes(expand(self.digest, self.secret, f"{self.prefix} iv", 12), "big")
        aead: Any = self.make(key, **self.how)
        sealed: bytes = aead.encrypt((iv ^ number).to_bytes(12, "big"), frames, header)
        mask = self._mask(sealed[:16])
        hidden = bytes(a ^ b for a, b in zip(header[9:13], mask[1:5], strict=True))
        return bytes([header[0] ^ (mask[0] & 0x1F)]) + header[1:9] + hidden + sealed

    def _mask(self, sample: bytes) -> bytes:
        if self.suite == 0x1303:
            return Cipher(algorithms.ChaCha20(self.protection, sample), None).encryptor().update(bytes(5))
        return Cipher(algorithms.AES(self.protection), modes.ECB()).encryptor().update(sample)


class Spoken(NamedTuple):
    """Datagrams with their side, the key log, and the ticket for another connection."""

    flights: Flights
    keys: bytes
    ticket: SessionTicket | None


def migrating() -> tuple[Spoken, int]:
    """Two requests and their answers over HTTP/3, the second under other ids; and where that one begins."""
    from aioquic.h3.connection import H3Connection
    from aioquic.h3.events import HeadersReceived

    talk = Talk()
    for _ in range(3):
        talk.turn()
    assert talk.server is not None
    client, server, at = H3Connection(talk.client), H3Connection(talk.server), 0
    for stream, path in ((0, b"/one"), (4, b"/two")):
        at = len(talk.flights)
        if stream:
            talk.client.change_connection_id()
        head = [
            (b":method", b"GET"),
            (b":scheme", b"https"),
            (b":authority", b"h3.example"),
            (b":path", path),
        ]
        client.send_headers(stream, head, end_stream=True)
        talk.turn()
        while (event := talk.server.next_event()) is not None:
            for asked in server.handle_event(event):
                if isinstance(asked, HeadersReceived):
                    server.send_headers(asked.stream_id, [(b":status", b"200")])
                    server.send_data(asked.stream_id, b"answer to " + path, end_stream=True)
        talk.turn()
        talk.turn()
    return talk.spoken(), at


class Talk:
    """A connection of two ends in memory."""

    def __init__(
        self,
        version: int = 1,
        *,
        suite: CipherSuite | None = None,
        ticket: SessionTicket | None = None,
        alpn: str = "h3",
    ) -> None:
        self.keys = io.StringIO()
        self.tickets: list[SessionTicket] = []
        configuration = QuicConfiguration(
            alpn_protocols=[alpn], server_name="quic.example", verify_mode=0, secrets_log_file=self.keys
        )
        configuration.original_version = version
        configuration.supported_versions = [version]
        configuration.session_ticket = ticket
        if suite is not None:
            configuration.cipher_suites = [suite]
        self.version = version
        self.alpn = alpn
        self.client = QuicConnection(configuration=configuration, session_ticket_handler=self.tickets.append)
        self.server: QuicConnection | None = None
        self.flights: Flights = []
        self.known: dict[bytes, SessionTicket] = {} if ticket is None else {ticket.ticket: ticket}
        self.issued: list[SessionTicket] = []
        self.client.connect(SERVER, now=0.0)
        self.now = 0.0

    def turn(self, *, lose: tuple[int, ...] = ()) -> None:
        """Carry what both ends have to send, once; ``lose``: which of the client's datagrams get lost."""
        self.now += 0.01
        for number, (data, _) in enumerate(self.client.datagrams_to_send(now=self.now)):
            if number in lose:
                continue
            self.flights.append((Direction.OUT, data))
            self._serve(data).receive_datagram(data, CLIENT, now=self.now)
        if self.server is not None:
            for data, _ in self.server.datagrams_to_send(now=self.now):
                self.flights.append((Direction.IN, data))
                self.client.receive_datagram(data, SERVER, now=self.now)

    def _serve(self, data: bytes) -> QuicConnection:
        if self.server is None:
            header = pull_quic_header(Buffer(data=data), host_cid_length=8)
            configuration = _server_configuration([self.version])
            configuration.alpn_protocols = [self.alpn]
            self.server = QuicConnection(
                configuration=configuration,
                original_destination_connection_id=header.destination_cid,
                session_ticket_fetcher=self.known.get,
                session_ticket_handler=self.issued.append,
            )
        return self.server

    def spoken(self) -> Spoken:
        ticket = self.tickets[-1] if self.tickets else None
        return Spoken(self.flights, self.keys.getvalue().encode(), ticket)
