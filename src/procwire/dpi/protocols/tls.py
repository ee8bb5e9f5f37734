# cython: cdivision=True
"""TLS 1.0 to 1.3, SSLv3 and the SSLv2-framed hello: the handshake as far as it is in clear.

Recognised by content alone, on any port: a handshake record with a ClientHello or ServerHello, a lone clear
alert, an SSLv2-framed ClientHello, or, where the start was not seen, application data records that follow one
another. Ports are not asked. What follows the handshake is ciphertext and is not looked at. RFC 8446 (1.3),
RFC 5246 (1.2) with its appendix E.2 (SSLv2 hello), RFC 5077 (tickets).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cython

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import _tls_names, certificates, tls_brief, tls_claim, tls_hello, tls_offer
from procwire.dpi.wire.tls_certificate import Certificate, brief_of, certificate_of
from procwire.dpi.wire.tls_hello import TLS13, Hello
from procwire.dpi.wire.tls_offer import choice_of, name_of, offer_of
from procwire.dpi.wire.tls_record import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE
from procwire.dpi.wire.tls_told import (
    Alert,
    CertificateChain,
    ClientHello,
    ServerHello,
    TlsEstablished,
)
from procwire.model.observation import Observation

if cython.compiled:
    from cython.cimports.procwire.dpi.wire.tls_record import Records
else:
    from procwire.dpi.wire.tls_record import Records

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


__all__ = ["Alert", "Certificate", "CertificateChain", "ClientHello", "ServerHello", "TlsEstablished"]
OBSERVATIONS = (ClientHello, ServerHello, CertificateChain, Certificate, Alert, TlsEstablished)

_SHELF = certificates.Shelf()


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001 - the contract's signature
    """Could this stream be TLS? See the module's docstring."""
    return tls_claim.claim(data) if context.transport in TRANSPORTS else Claim.NO


@cython.cclass
class _Side(Records):
    """One side: its records, and how far it has come."""

    count: cython.int  # records
    hellos: cython.int
    done: cython.bint
    sealed: cython.bint
    started: cython.bint

    def __init__(self) -> None:
        Records.__init__(self)
        self.count = self.hellos = 0
        self.done = self.sealed = self.started = False


@cython.cclass
class Parser:
    """One connection. ``client_hello`` and ``server_hello`` keep the randoms that decryption needs.

    They are None where nobody reads the observations: then no more is kept than the flow is told.
    """

    client_hello: Any
    server_hello: Any
    version: cython.int
    _told: cython.bint
    _named: cython.bint
    _out: _Side
    _in: _Side
    _sslv2: Any  # a hello in SSLv2's framing that is not whole yet
    _client: cython.int  # the side, -1 for not known
    _asked: cython.bint  # a ClientHello was read
    _answered: cython.bint
    _modern: cython.bint  # it had supported_versions
    _hello_at: Any
    _server_name: str
    _retry: cython.bint
    _resumed: cython.bint
    _requested: cython.bint
    _sent: cython.bint

    def __init__(self, context: Context) -> None:
        self._told = context.told
        self._named = context.named
        self.client_hello = self.server_hello = None
        self.version = 0
        self._out = _Side()
        self._in = _Side()
        self._sslv2 = None
        self._client = -1
        self._asked = self._answered = self._modern = False
        self._hello_at = None
        self._server_name = ""
        self._retry = self._resumed = False
        self._requested = self._sent = False

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        return ENOUGH if self._of(side).done else 0

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """See contract.Parser. Reading goes on at the next record that starts where the gap ends."""
        one: _Side = self._of(side)
        self._sslv2 = None
        one.started = True
        one.gap(size)
        return ()

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        found: list[Observation] = []
        one: _Side = self._of(side)
        if one.done or not data:
            return found
        if self._sslv2 is not None or not one.started:
            data = self._read_sslv2(side, data, now, found)
        one.feed(data)
        while not one.done and one.advance():
            one.count += 1
            self._see(side, one, now, found)
        if one.lost or one.count > MAX_RECORDS:
            one.done = True
        return found

    @cython.cfunc
    def _of(self, side: cython.int) -> _Side:
        return self._out if side == 0 else self._in

    @cython.cfunc
    def _stop(self) -> Any:
        """Nothing more of either side is of interest."""
        self._out.done = self._in.done = True
        return None

    @cython.cfunc
    def _read_sslv2(self, side: Direction, data: bytes, now: Any, found: list[Observation]) -> bytes:
        """Read a hello in SSLv2's framing where the side starts with one; returns what is left to read."""
        self._of(side).started = True
        if self._sslv2 is None:
            if not data[0] & 0x80:
                return data
            self._sslv2 = bytearray()
        self._sslv2 += data
        if len(self._sslv2) < 3:
            return b""
        length: cython.int = ((self._sslv2[0] & 0x7F) << 8) | self._sslv2[1]
        if self._sslv2[2] != CLIENT_HELLO or length > tls_claim.MAX_SSLV2_BYTES:
            raise ProtocolError("not an SSLv2 ClientHello")
        if len(self._sslv2) < 2 + length:
            return b""
        whole = bytes(self._sslv2)
        self._sslv2 = None
        self._open(side, tls_hello.read_sslv2_hello(whole[3 : 2 + length]), now, found)
        return whole[2 + length :]

    @cython.cfunc
    def _see(self, side: Direction, one: _Side, now: Any, found: list[Observation]) -> Any:
        """The record that was found."""
        kind: cython.int = one.kind
        if kind == HANDSHAKE and not one.opaque:
            try:
                one.begin()
                while (message := one.message()) is not None:
                    self._message(side, one.number, message, now, found)
            except ProtocolError:
                if not (one.gapped or one.sealed):
                    raise
                one.done = True
        elif kind in (HANDSHAKE, APPLICATION_DATA):
            self._seal(side, one.length, now, found)
        elif kind == CHANGE_CIPHER_SPEC:
            self._change(side)
        elif kind == ALERT:
            self._alert(side, one.body(), one.length, now, found)
        return None

    @cython.cfunc
    def _change(self, side: Direction) -> Any:
        """Before TLS 1.3 it starts encryption; there it is a dummy (RFC 8446 appendix D.4)."""
        one: _Side = self._of(side)
        if self.version and self.version < TLS13:
            one.opaque = True
        elif not self.version and side == self._client and self._asked:
            one.opaque = not self._modern
        one.sealed = one.sealed or not self.version
        return None

    @cython.cfunc
    def _alert(
        self, side: Direction, body: bytes, length: cython.int, now: Any, found: list[Observation]
    ) -> Any:
        if self._of(side).opaque or length != 2:
            level, description = "", "encrypted"
        else:
            level = {1: "warning", 2: "fatal"}.get(body[0], str(body[0]))
            description = _tls_names.ALERTS.get(body[1], str(body[1]))
        found.append(Alert(time=now, side=side, level=level, description=description))
        if level != "warning":
            self._stop()
        return None

    @cython.cfunc
    def _message(
        self, side: Direction, number: cython.int, body: bytes, now: Any, found: list[Observation]
    ) -> Any:
        if number == CLIENT_HELLO:
            if self._named:
                tls_brief.offered(body)
                self._suffice(side, now, found)
            elif self._told:
                self._open(side, tls_hello.read_client_hello(body), now, found)
            else:
                self._open_briefly(side, tls_brief.offer(body, "t", side, now), found)
        elif number == SERVER_HELLO:
            self._answer(side, body, now, found)
        elif number not in _KNOWN:
            raise ProtocolError(f"handshake message of type {number}")
        elif number == CERTIFICATE and self.version < TLS13:
            self._show(side, body, now, found)
        elif number == CERTIFICATE_REQUEST:
            self._requested = True
        return None

    @cython.cfunc
    def _suffice(self, side: Direction, now: Any, found: list[Observation]) -> Any:
        """It is TLS, and that was all that is asked for."""
        found.append(Observation(time=now, side=side))
        return self._stop()

    @cython.cfunc
    def _count_hello(self, side: Direction) -> Any:
        one: _Side = self._of(side)
        one.hellos += 1
        if one.hellos > MAX_HELLOS:
            raise ProtocolError("too many hellos")
        return None

    @cython.cfunc
    def _open(self, side: Direction, hello: Hello, now: Any, found: list[Observation]) -> Any:
        if self._named:
            return self._suffice(side, now, found)
        if not self._told:
            return self._open_briefly(side, tls_offer.offer_brief(hello, "t", side, now), found)
        self._count_hello(side)
        self._client = side
        self._asked = True
        self._modern = tls_hello.VERSIONS in hello.bodies
        self.client_hello = hello
        if self._hello_at is None:
            self._hello_at = now
        offer = offer_of(ClientHello, hello, "t", side, now, second=self._retry)
        self._server_name = offer.server_name
        found.append(offer)
        return None

    @cython.cfunc
    def _open_briefly(self, side: Direction, brief: Any, found: list[Observation]) -> Any:
        self._count_hello(side)
        self._client = side
        self._asked = True
        self._modern = brief.supported_versions
        self._server_name = brief.server_name
        found.append(brief)
        return None

    @cython.cfunc
    def _answer(self, side: Direction, body: bytes, now: Any, found: list[Observation]) -> Any:
        if not self._told:
            brief = tls_brief.choice(body, side, now)
            if self._named:
                return self._suffice(side, now, found)
            return self._answer_briefly(side, brief, found)
        hello = tls_hello.read_server_hello(body)
        self._greeted(side, tls_hello.chosen_version(hello))
        self.server_hello = hello
        latency = None if self._hello_at is None else now - self._hello_at
        choice = choice_of(ServerHello, hello, self.client_hello, side, now, latency=latency)
        self._retry = choice.retry
        self._resumed = choice.resumed
        found.append(choice)
        if self.version >= TLS13 and not choice.retry:
            self._of(side).done = True  # the rest of its flight is encrypted
        return None

    @cython.cfunc
    def _greeted(self, side: cython.int, version: cython.int) -> Any:
        """A server has answered."""
        self._count_hello(side)
        if self._client < 0:
            self._client = 1 - side
        self._answered = True
        self.version = version
        return None

    @cython.cfunc
    def _answer_briefly(self, side: cython.int, brief: Any, found: list[Observation]) -> Any:
        """Behind both hellos only the server's certificates (before TLS 1.3) say something of the flow."""
        self._greeted(side, brief.number)
        self._retry = brief.retry
        found.append(brief)
        if self.version < TLS13:
            self._of(1 - side).done = self._asked
        elif not brief.retry:
            self._of(side).done = True
            if self._asked:
                self._of(1 - side).done = True
        return None

    @cython.cfunc
    def _show(self, side: Direction, body: bytes, now: Any, found: list[Observation]) -> Any:
        chain, count, malformed = certificates.split_chain(body)
        client: cython.bint = side == self._client
        self._sent = self._sent or (client and count > 0)
        if self._told:
            size = sum(map(len, chain))
            found.append(
                CertificateChain(
                    time=now, side=side, client=client, length=count, chain_bytes=size, malformed=malformed
                )
            )
        elif client:
            found.append(Observation(time=now, side=side))
            return None
        else:
            self._stop()
        asked = "" if client else self._server_name
        for position, der in enumerate(chain):
            if not self._told:
                found.append(brief_of(_SHELF.read(der), side, now, position, asked))
                continue
            found.append(certificate_of(_SHELF.read(der), side, now, (client, position, asked)))
        return None

    @cython.cfunc
    def _seal(self, side: Direction, length: cython.int, now: Any, found: list[Observation]) -> Any:
        """An encrypted record: once both sides have sent what only a finished handshake allows, it is one."""
        one: _Side = self._of(side)
        if self._client < 0:
            self._stop()  # the start was not seen: there is nothing to learn
        elif not self._told and self.version and self.version < TLS13:
            self._stop()
        elif self.version >= TLS13:
            if side == self._client and self._answered and not self._retry:
                one.done = True
                if length >= MIN_FINISHED:
                    self._finish(side, now, found)
                else:
                    found.append(Alert(time=now, side=side, level="", description="encrypted"))
        elif self.version:
            one.sealed = one.done = True
            if self._out.sealed and self._in.sealed:
                self._finish(side, now, found)
        return None

    @cython.cfunc
    def _finish(self, side: Direction, now: Any, found: list[Observation]) -> Any:
        self._stop()
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
        return None
