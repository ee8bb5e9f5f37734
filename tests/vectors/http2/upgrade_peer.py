"""A server that takes an offer of h2c: ``python -m tests.vectors.http2.upgrade_peer PORT``."""

from __future__ import annotations

import re
import socket
import sys

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived

TAKEN = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"


def answer(made: H2Connection, stream: int) -> None:
    """A short page."""
    made.send_headers(stream, [(":status", "200"), ("server", "vectors"), ("content-type", "text/plain")])
    made.send_data(stream, b"It works\n", end_stream=True)


def talk(client: socket.socket) -> None:
    """One connection, from its first request to its end."""
    head = client.recv(65536)
    found = re.search(rb"(?i)http2-settings: *([A-Za-z0-9_-]+)", head)
    if found is None:
        return
    client.sendall(TAKEN)
    made = H2Connection(H2Configuration(client_side=False))
    made.initiate_upgrade_connection(found[1] + b"=" * (-len(found[1]) % 4))
    answer(made, 1)
    client.sendall(made.data_to_send())
    while data := client.recv(65536):
        for event in made.receive_data(data):
            if isinstance(event, RequestReceived):
                answer(made, event.stream_id)
            elif isinstance(event, DataReceived):
                made.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        client.sendall(made.data_to_send())


def serve(port: int) -> None:
    """Serve until ended, one client after the other."""
    with socket.create_server(("0.0.0.0", port)) as listener:
        while True:
            client, _ = listener.accept()
            with client:
                talk(client)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
