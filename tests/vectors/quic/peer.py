"""Both ends of an HTTP/3 conversation by aioquic, to be captured."""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import cast

from aioquic.asyncio import QuicConnectionProtocol, connect, serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, QuicEvent
from aioquic.quic.packet import QuicProtocolVersion

PORT = 4433


class Peer(QuicConnectionProtocol):
    """Answers requests; collects the end of answers."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.http: H3Connection | None = None
        self.done = asyncio.Event()

    def quic_event_received(self, event: QuicEvent) -> None:
        """Feed HTTP/3; as a server answer each request."""
        self.http = self.http or H3Connection(self._quic)
        for seen in self.http.handle_event(event):
            if isinstance(seen, HeadersReceived) and not self._quic.configuration.is_client:
                self.http.send_headers(seen.stream_id, [(b":status", b"200"), (b"server", b"vectors")])
                self.http.send_data(seen.stream_id, b"hello\n" * 200, end_stream=True)
                self.transmit()
            if isinstance(seen, DataReceived) and seen.stream_ended:
                self.done.set()
        if isinstance(event, ConnectionTerminated):
            self.done.set()


async def run_server(words: list[str]) -> None:
    """Serve until the process is ended."""
    configuration = QuicConfiguration(
        is_client=False,
        alpn_protocols=["h3"],
        supported_versions=[QuicProtocolVersion.VERSION_1, QuicProtocolVersion.VERSION_2],
    )
    configuration.load_cert_chain(words[0], words[1])
    await serve("0.0.0.0", PORT, configuration=configuration, create_protocol=Peer, retry="--retry" in words)
    await asyncio.Event().wait()


async def run_client(words: list[str]) -> None:
    """One request; ends when its answer is complete."""
    configuration = QuicConfiguration(is_client=True, alpn_protocols=["h3"], server_name="www.example.com")
    configuration.verify_mode = ssl.CERT_NONE
    if "--v2" in words:
        configuration.supported_versions = [QuicProtocolVersion.VERSION_2]
        configuration.original_version = QuicProtocolVersion.VERSION_2
    if "--long" in words:
        configuration.alpn_protocols = ["h3", *[f"x-{number:040}" for number in range(40)]]
    async with connect(words[0], PORT, configuration=configuration, create_protocol=Peer) as connection:
        peer = cast(Peer, connection)
        peer.http = peer.http or H3Connection(peer._quic)
        stream = peer._quic.get_next_available_stream_id()
        names = (b":method", b":scheme", b":authority", b":path")
        values = (b"GET", b"https", b"www.example.com", b"/")
        peer.http.send_headers(stream, list(zip(names, values, strict=True)), end_stream=True)
        peer.transmit()
        await asyncio.wait_for(peer.done.wait(), 10)


if __name__ == "__main__":
    asyncio.run((run_server if sys.argv[1] == "serve" else run_client)(sys.argv[2:]))
