"""TLS dialogues made by OpenSSL in this process: two ends that talk through memory, every byte kept."""

from __future__ import annotations

import datetime
import ssl
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from procwire.model.streams import Direction

Flights = list[tuple[Direction, bytes]]
DAY = datetime.timedelta(days=1)
EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
NOW = int(EPOCH.timestamp()) * 1_000_000_000 + 86_400_000_000_000


@lru_cache
def issue(name: str = "server.example") -> tuple[bytes, bytes]:
    """A self-signed certificate and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example, Inc."),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(0x1234)
        .not_valid_before(EPOCH)
        .not_valid_after(EPOCH + 36500 * DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), x509.DNSName(f"*.{name}")]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def _load(context: ssl.SSLContext, name: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "pair.pem")
        path.write_bytes(b"".join(issue(name)))
        context.load_cert_chain(path)


@lru_cache
def contexts(version: str, *, client_certificate: bool = False) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Client and server for one version (``TLSv1_2`` or ``TLSv1_3``); ALPN h2 is spoken by both."""
    number = ssl.TLSVersion[version]
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    for context in (client, server):
        context.minimum_version = context.maximum_version = number
        context.set_alpn_protocols(["h2", "http/1.1"])
    _load(server, "server.example")
    if client_certificate:
        server.verify_mode = ssl.CERT_REQUIRED
        server.load_verify_locations(cadata=issue("client.example")[0].decode())
        _load(client, "client.example")
    return client, server


def converse(
    pair: tuple[ssl.SSLContext, ssl.SSLContext],
    *,
    name: str = "server.example",
    session: ssl.SSLSession | None = None,
) -> tuple[Flights, ssl.SSLSession | None]:
    """Shake hands, say one thing each way, and return every flight with its side."""
    into_client, into_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    from_client, from_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = pair[0].wrap_bio(into_client, from_client, server_hostname=name, session=session)
    server = pair[1].wrap_bio(into_server, from_server, server_side=True)
    flights: Flights = []
    waiting = [client, server]
    failed = False
    for _ in range(10):
        for end in tuple(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                failed = True
                waiting.remove(end)
            for side, out, into in (
                (Direction.OUT, from_client, into_server),
                (Direction.IN, from_server, into_client),
            ):
                if data := out.read():
                    flights.append((side, data))
                    into.write(data)
    if not failed:
        client.write(b"ping")
        flights.append((Direction.OUT, data := from_client.read()))
        into_server.write(data)
        server.read()
        server.write(b"pong")
        flights.append((Direction.IN, data := from_server.read()))
        into_client.write(data)
        client.read()
    return flights, client.session if not failed else None
