# cython: cdivision=True
"""TLS 1.0 to 1.3, SSLv3 and the SSLv2-framed hello: the handshake as far as it is in clear.

Recognised by content alone, on any port: a handshake record with a ClientHello or ServerHello, a lone clear
alert, an SSLv2-framed ClientHello, or, where the start was not seen, application data records that follow one
another. Ports are not asked. What follows the handshake is ciphertext and is not looked at. RFC 8446 (1.3),
RFC 5246 (1.2) with its appendix E.2 (SSLv2 hello), RFC 5077 (tickets).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import _tls_names, certificates, tls_claim, tls_hello
from procwire.dpi.wire.tls_certificate import Certificate, certificate_of
from procwire.dpi.wire.tls_hello import TLS13, Hello
from procwire.dpi.wire.tls_offer import (
    Choice,
    Offer,
    choice_brief,
    choice_of,
    name_of,
    offer_brief,
    offer_of,
)
from procwire.dpi.wire.tls_record import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Records
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "tls"
PORTS = frozenset(
    ("tcp", port) for port in (443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 5061, 6697, 8443, 8883)
)
TRANSPORTS = frozenset({"tcp"})
FIRST: bytes | None = tls_claim.FIRST

MAX_HELLOS = 4  # of one side: a second one answers a HelloRetryRequest
MAX_RECORDS = 4096  # of one side before encryption; a hello of 2 KiB in one-byte records still fits
MIN_FINISHED = 53  # TLS 1.3: header, verify_data of a SHA-256 suite, content type, tag

CLIENT_HELLO, SERVER_HELLO = 1, 2
CERTIFICATE, CERTIFICATE_REQUEST = 11, 13
_KNOWN = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25, 67})


class ClientHello(Offer, kw_only=True):
    """A client opened a TLS handshake."""

    TABLE = "tls"
    SETS: ClassVar = {"server_name": "server_name", "ja4": "ja4", "alpn": "alpn"}
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


OBSERVATIONS = (ClientHello, ServerHello, CertificateChain, Certificate, Alert, TlsEstablished)

_SHELF = certificates.Shelf()


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001 - the contract's signature
    """Could this stream be TLS? See the module's docstring."""
    return tls_claim.claim(data) if context.transport in TRANSPORTS else Claim.NO


class Parser:
    """One connection. ``client_hello`` and ``server_hello`` keep the randoms that decryption needs."""

    def __init__(self, context: Context) -> None:
        self._told = context.told
        self.client_hello: Hello | None = None
        self.server_hello: Hello | None = None
        self.version = 0
        self._records = (Records(), Records())
        self._count = [0, 0]
        self._hellos = [0, 0]
        self._done = [False, False]
        self._sealed = [False, False]
        self._sslv2: bytearray | None = None  # a hello in SSLv2's framing that is not whole yet
        self._started = [False, False]
        self._client: Direction | None = None
        self._hello_at: int | None = None
        self._server_name = ""
        self._retry = self._resumed = False
        self._requested = self._sent = False

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        return ENOUGH if self._done[side] else 0

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """See contract.Parser. Reading goes on at the next record that starts where the gap ends."""
        self._sslv2 = None
        self._started[side] = True
        self._records[side].gap(size)
        return ()

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        found: list[Observation] = []
        if self._done[side] or not data:
            return found
        if self._sslv2 is not None or not self._started[side]:
            data = self._read_sslv2(side, data, now, found)
        records = self._records[side]
        records.feed(data)
        while not self._done[side] and (record := records.next_record()) is not None:
            self._count[side] += 1
            self._see(side, record, now, found)
        if records.lost or self._count[side] > MAX_RECORDS:
            self._done[side] = True
        return found

    def _read_sslv2(self, side: Direction, data: bytes, now: int, found: list[Observation]) -> bytes:
        """Read a hello in SSLv2's framing where the side starts with one; returns what is left to read."""
        self._started[side] = True
        if self._sslv2 is None:
            if not data[0] & 0x80:
                return data
            self._sslv2 = bytearray()
        self._sslv2 += data
        if len(self._sslv2) < 3:
            return b""
        length = ((self._sslv2[0] & 0x7F) << 8) | self._sslv2[1]
        if self._sslv2[2] != CLIENT_HELLO or length > tls_claim.MAX_SSLV2_BYTES:
            raise ProtocolError("not an SSLv2 ClientHello")
        if len(self._sslv2) < 2 + length:
            return b""
        whole = bytes(self._sslv2)
        self._sslv2 = None
        self._open(side, tls_hello.read_sslv2_hello(whole[3 : 2 + length]), now, found)
        return whole[2 + length :]

    def _see(
        self, side: Direction, record: tuple[int, bytes, int], now: int, found: list[Observation]
    ) -> None:
        kind, body, length = record
        records = self._records[side]
        if kind == HANDSHAKE and not records.opaque:
            try:
                for number, message in records.messages(body):
                    self._message(side, number, message, now, found)
            except ProtocolError:
                if not (records.gapped or self._sealed[side]):
                    raise
                self._done[side] = True
        elif kind in (HANDSHAKE, APPLICATION_DATA):
            self._seal(side, length, now, found)
        elif kind == CHANGE_CIPHER_SPEC:
            self._change(side)
        elif kind == ALERT:
            self._alert(side, body, length, now, found)

    def _change(self, side: Direction) -> None:
        """Before TLS 1.3 it starts encryption; there it is a dummy (RFC 8446 appendix D.4)."""
        if not self._told and self.version and self.version < TLS13:
            self._done = [True, True]
            return
        if self.version and self.version < TLS13:
            self._records[side].opaque = True
        elif not self.version and side == self._client and self.client_hello is not None:
            self._records[side].opaque = tls_hello.VERSIONS not in self.client_hello.bodies
        self._sealed[side] = self._sealed[side] or not self.version

    def _alert(self, side: Direction, body: bytes, length: int, now: int, found: list[Observation]) -> None:
        if self._records[side].opaque or length != 2:
            level, description = "", "encrypted"
        else:
            level = {1: "warning", 2: "fatal"}.get(body[0], str(body[0]))
            description = _tls_names.ALERTS.get(body[1], str(body[1]))
        found.append(Alert(time=now, side=side, level=level, description=description))
        if level != "warning":
            self._done = [True, True]

    def _message(self, side: Direction, number: int, body: bytes, now: int, found: list[Observation]) -> None:
        if number not in _KNOWN:
            raise ProtocolError(f"handshake message of type {number}")
        if number == CLIENT_HELLO:
            self._open(side, tls_hello.read_client_hello(body), now, found)
        elif number == SERVER_HELLO:
            self._answer(side, tls_hello.read_server_hello(body), now, found)
        elif number == CERTIFICATE and self.version < TLS13:
            self._show(side, body, now, found)
        elif number == CERTIFICATE_REQUEST:
            self._requested = True

    def _count_hello(self, side: Direction) -> None:
        self._hellos[side] += 1
        if self._hellos[side] > MAX_HELLOS:
            raise ProtocolError("too many hellos")

    def _open(self, side: Direction, hello: Hello, now: int, found: list[Observation]) -> None:
        self._count_hello(side)
        self._client = side
        self.client_hello = hello
        if self._hello_at is None:
            self._hello_at = now
        if not self._told:
            brief = offer_brief(hello, "t", side, now)
            self._server_name = brief.server_name
            found.append(brief)
            return
        offer = offer_of(ClientHello, hello, "t", side, now, second=self._retry)
        self._server_name = offer.server_name
        found.append(offer)

    def _answer(self, side: Direction, hello: Hello, now: int, found: list[Observation]) -> None:
        self._count_hello(side)
        if self._client is None:
            self._client = Direction(1 - side)
        self.server_hello = hello
        self.version = tls_hello.chosen_version(hello)
        if not self._told:
            self._answer_briefly(side, hello, now, found)
            return
        latency = None if self._hello_at is None else now - self._hello_at
        choice = choice_of(ServerHello, hello, self.client_hello, side, now, latency=latency)
        self._retry = choice.retry
        self._resumed = choice.resumed
        found.append(choice)
        if self.version >= TLS13 and not choice.retry:
            self._done[side] = True  # the rest of its flight is encrypted

    def _answer_briefly(self, side: Direction, hello: Hello, now: int, found: list[Observation]) -> None:
        """Behind both hellos only the server's certificates (before TLS 1.3) say something of the flow."""
        brief = choice_brief(hello, side, now)
        self._retry = brief.retry
        found.append(brief)
        if self.version < TLS13:
            self._done[1 - side] = self.client_hello is not None
        elif not brief.retry:
            self._done[side] = True
            if self.client_hello is not None:
                self._done[1 - side] = True

    def _show(self, side: Direction, body: bytes, now: int, found: list[Observation]) -> None:
        chain, count, malformed = certificates.split_chain(body)
        client = side == self._client
        self._sent = self._sent or (client and count > 0)
        if self._told:
            size = sum(map(len, chain))
            found.append(
                CertificateChain(
                    time=now, side=side, client=client, length=count, chain_bytes=size, malformed=malformed
                )
            )
        elif client:
            return
        else:
            self._done = [True, True]
        asked = "" if client else self._server_name
        for position, der in enumerate(chain):
            found.append(certificate_of(_SHELF.read(der), side, now, (client, position, asked)))

    def _seal(self, side: Direction, length: int, now: int, found: list[Observation]) -> None:
        """An encrypted record: once both sides have sent what only a finished handshake allows, it is one."""
        if self._client is None:
            self._done = [True, True]  # the start was not seen: there is nothing to learn
        elif self.version >= TLS13:
            if side == self._client and self.server_hello is not None and not self._retry:
                self._done[side] = True
                if length >= MIN_FINISHED:
                    self._finish(side, now, found)
                else:
                    found.append(Alert(time=now, side=side, level="", description="encrypted"))
        elif self.version:
            self._sealed[side] = self._done[side] = True
            if all(self._sealed):
                self._finish(side, now, found)

    def _finish(self, side: Direction, now: int, found: list[Observation]) -> None:
        self._done = [True, True]
        found.append(
            TlsEstablished(
                time=now,
                side=side,
                version=name_of(self.version, _tls_names.VERSIONS),
                handshake=None if self._hello_at is None else now - self._hello_at,
                resumed=self._resumed,
                certificate_requested=self._requested,
                certificate_sent=self._sent,
            )
        )
