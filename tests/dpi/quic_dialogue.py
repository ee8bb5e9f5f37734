"""QUIC dialogues made by aioquic in this process, and Initial packets made to measure."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from aioquic._buffer import Buffer
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.packet import encode_quic_retry, pull_quic_header
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from procwire.dpi.wire import quic_initial
from procwire.dpi.wire._quic_names import V2
from procwire.model.streams import Direction
from tests.dpi.tls_dialogue import Flights, issue

CLIENT, SERVER = ("192.0.2.1", 1000), ("192.0.2.2", 443)


def _server_configuration(versions: list[int]) -> QuicConfiguration:
    configuration = QuicConfiguration(is_client=False, alpn_protocols=["h3"], supported_versions=versions)
    with TemporaryDirectory() as folder:
        path = Path(folder, "pair.pem")
        path.write_bytes(b"".join(issue()))
        configuration.load_cert_chain(path, path)
    return configuration


def converse(version: int = 1, *, retry: bool = False, name: str = "quic.example") -> Flights:
    """A handshake and one ping each way: every datagram with its side."""
    configuration = QuicConfiguration(alpn_protocols=["h3", "hq"], server_name=name, verify_mode=0)
    configuration.original_version = version
    configuration.supported_versions = [version]
    client = QuicConnection(configuration=configuration)
    client.connect(SERVER, now=0.0)
    flights: Flights = []
    server: QuicConnection | None = None
    for turn in range(6):
        now = float(turn)
        for data, _ in client.datagrams_to_send(now=now):
            flights.append((Direction.OUT, data))
            header = pull_quic_header(Buffer(data=data), host_cid_length=8)
            if retry and not header.token and server is None:
                answer = encode_quic_retry(
                    version=version,
                    source_cid=b"retried!",
                    destination_cid=header.source_cid,
                    original_destination_cid=header.destination_cid,
                    retry_token=b"come again",
                )
                flights.append((Direction.IN, answer))
                client.receive_datagram(answer, SERVER, now=now)
                continue
            if server is None:
                original = client.original_destination_connection_id
                server = QuicConnection(
                    configuration=_server_configuration([version]),
                    original_destination_connection_id=original,
                    retry_source_connection_id=header.destination_cid if retry else None,
                )
            server.receive_datagram(data, CLIENT, now=now)
        if server is None:
            continue
        for data, _ in server.datagrams_to_send(now=now):
            flights.append((Direction.IN, data))
            client.receive_datagram(data, SERVER, now=now)
        if turn == 3:
            client.send_ping(1)
    return flights


def varint(value: int) -> bytes:
    """A variable-length integer in two or four bytes."""
    return (0x4000 | value).to_bytes(2, "big") if value < 0x4000 else (0x80000000 | value).to_bytes(4, "big")


def crypto_frame(offset: int, data: bytes) -> bytes:
    """A CRYPTO frame."""
    return b"\6" + varint(offset) + varint(len(data)) + data


def seal(
    frames: bytes, dcid: bytes, number: int = 0, *, version: int = 1, server: bool = False, keyed: int = 0
) -> bytes:
    """One side's Initial packet of 1200 bytes, number in four bytes; ``keyed`` by another version's salt."""
    frames = frames.ljust(1200 - 16 - 4 - 10 - len(dcid), b"\0")
    first = 0xD3 if version == V2 else 0xC3
    ids = bytes([len(dcid)]) + dcid + b"\0" if not server else b"\0" + bytes([len(dcid)]) + dcid
    length = (0x4000 | (len(frames) + 20)).to_bytes(2, "big")
    header = bytes([first]) + version.to_bytes(4, "big") + ids + b"\0" + length
    secret = quic_initial.initial_secret(keyed or version, dcid, server=server)
    prefix = "quicv2" if version == V2 else "quic"
    key, iv, protection = (
        quic_initial.expand(secret, label)[:size]
        for label, size in zip(quic_initial.LABELS[prefix], (16, 12, 16), strict=True)
    )
    nonce = (int.from_bytes(iv, "big") ^ number).to_bytes(12, "big")
    plain = header + number.to_bytes(4, "big")
    sealed = AESGCM(key).encrypt(nonce, frames, plain)
    mask = Cipher(algorithms.AES(protection), modes.ECB()).encryptor().update(sealed[:16])
    hidden = bytes(a ^ b for a, b in zip(number.to_bytes(4, "big"), mask[1:5], strict=True))
    return bytes([first ^ (mask[0] & 0x0F)]) + header[1:] + hidden + sealed
