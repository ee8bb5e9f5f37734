"""What is told of a TLS handshake: a record a hello, a chain, an alert, and its end.

They are declared here and filled in by ``protocols.tls``; no key material is kept in them.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from procwire.dpi.wire.tls_offer import Choice, Offer
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says


class ClientHello(Offer, kw_only=True):
    """A client opened a TLS handshake."""

    TABLE = "tls"
    SETS: ClassVar = {"server_name": "server_name", "ja4": "ja4", "alpn": "alpn", "ja3": "ja3"}
    NAME_SOURCE = "sni"


class ServerHello(Choice, kw_only=True):
    """A server answered a ClientHello."""

    TABLE = "tls_server"
    SETS: ClassVar = {"tls_version": "version", "tls_cipher": "cipher"}


class CertificateChain(Observation, kw_only=True):
    """One side showed its certificates (before TLS 1.3, where they are in clear)."""

    TABLE = "tls_chain"
    client: Annotated[bool, says("The client showed them.")]
    length: Annotated[int, says("Certificates in the chain.")]
    chain_bytes: Annotated[int, says("Bytes of all certificates.", kind=Kind.SIZE)]
    malformed: Annotated[str, says("What was wrong with the list; empty where nothing was.")]


class Alert(Observation, kw_only=True):
    """One side sent an alert before the handshake was over."""

    TABLE = "tls_alert"
    level: Annotated[str, says("warning or fatal; empty where it is encrypted.")]
    description: Annotated[str, says("What went wrong, as registered; encrypted where it cannot be read.")]


class TlsEstablished(Observation, kw_only=True):
    """The handshake is over; from here on everything is encrypted."""

    TABLE = "tls_established"
    version: Annotated[str, says("Protocol version in use.")]
    handshake: Annotated[int | None, says("Time since the ClientHello.", kind=Kind.DURATION)]
    resumed: Annotated[bool, says("An earlier session was resumed.")]
    certificate_requested: Annotated[bool, says("The server asked for a client certificate, in clear.")]
    certificate_sent: Annotated[bool, says("The client sent a certificate, in clear.")]
