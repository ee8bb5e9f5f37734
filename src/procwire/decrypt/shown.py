"""Certificates that a handshake of TLS 1.3 shows under its keys, over TCP or within QUIC."""

from __future__ import annotations

from procwire.dpi.wire import certificates
from procwire.dpi.wire.compressed_certificate import COMPRESSED_CERTIFICATE, unfolded
from procwire.dpi.wire.tls_certificate import certificate_of
from procwire.dpi.wire.tls_told import CertificateChain
from procwire.model.observation import Observation
from procwire.model.streams import Direction

CERTIFICATE = 11  # RFC 8446 section 4
_SHELF = certificates.Shelf()


def shown(
    side: Direction, message: tuple[int, bytes], now: int, *, client: bool, asked: str
) -> list[Observation]:
    """The chain and each certificate of a handshake message, its type and body; nothing for other messages.

    ``client``: the client shows them. ``asked``: the server name that it wants, as far as it is known.
    """
    kind, body = message
    if kind not in (CERTIFICATE, COMPRESSED_CERTIFICATE):
        return []
    body, fault = unfolded(body) if kind == COMPRESSED_CERTIFICATE else (body, "")
    chain, count, malformed = certificates.split_chain(certificates.without_extensions(body))
    found: list[Observation] = [
        CertificateChain(
            time=now,
            side=side,
            client=client,
            length=count,
            chain_bytes=sum(map(len, chain)),
            malformed=fault or malformed,
        )
    ]
    name = "" if client else asked
    for position, der in enumerate(chain):
        found.append(certificate_of(_SHELF.read(der), side, now, (client, position, name)))
    return found
