"""DTLS 1.0 to 1.3: the handshake as far as it is in clear, with JA4 ``d`` (RFC 6347, RFC 9147).

Recognised by content on any port: records of a DTLS version whose lengths fill the datagram, the first of
them a hello, or one of a later kind in the epoch it belongs to. Hellos and certificates are put together from
their fragments. What other protocols of WebRTC send on the same flow (RFC 7983) is passed over, but for media
(SRTP, RFC 5764): told where the client offered it, and three packets of one source have rising numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import _tls_names, certificates, tls_hello
from procwire.dpi.wire.dtls_record import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    Messages,
    Record,
    records,
)
from procwire.dpi.wire.tls_certificate import Certificate, certificate_of
from procwire.dpi.wire.tls_hello import Hello
from procwire.dpi.wire.tls_offer import Choice, Offer, choice_of, name_of, offer_of
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "dtls"
PORTS = frozenset({("udp", 443), ("udp", 4433), ("udp", 5349), ("udp", 5684), ("udp", 853)})
TRANSPORTS = frozenset({"udp"})
FIRST = bytes((20, 21, 22, 23))
ROAMS = True

MAX_HELLOS = 6  # of one side: each is sent again where its answer is late, and answers a cookie
MAX_DATAGRAMS = 256  # of one side before encryption
CLIENT_HELLO, SERVER_HELLO, VERIFY_REQUEST, CERTIFICATE = 1, 2, 3, 11
USE_SRTP = 14  # extension (RFC 5764 section 4.1.1)
_SRTP = {1: "SRTP_AES128_CM_HMAC_SHA1_80", 2: "SRTP_AES128_CM_HMAC_SHA1_32", 5: "SRTP_NULL_HMAC_SHA1_80",
         6: "SRTP_NULL_HMAC_SHA1_32", 7: "SRTP_AEAD_AES_128_GCM", 8: "SRTP_AEAD_AES_256_GCM"}  # fmt: skip
NEEDED_MEDIA = 3  # packets that look like one stream of RTP
MAX_MEDIA_STEP = 64  # how far their numbers may be apart
_RTP = range(128, 192)
_RTCP = range(64, 96)  # the second byte without its first bit (RFC 5761 section 4)
_OTHERS = (*range(4), *range(64, 256))  # STUN, TURN channels, RTP (RFC 7983 section 7)


class DtlsClientHello(Offer, kw_only=True):
    """A client opened a DTLS handshake."""

    TABLE = "dtls"
    SETS: ClassVar = {"server_name": "server_name", "ja4": "ja4", "alpn": "alpn", "ja3": "ja3"}
    RISKS: ClassVar = {"ech": "tls-ech", "malformed": "malformed-message"}  # it seldom names a server
    NAME_SOURCE = "sni"
    cookie_bytes: Annotated[
        int, says("Length of the cookie that answers a HelloVerifyRequest.", kind=Kind.SIZE)
    ]
    srtp: Annotated[tuple[str, ...], says("Profiles offered to protect media with (use_srtp).")]


class DtlsServerHello(Choice, kw_only=True):
    """A server answered a ClientHello."""

    TABLE = "dtls_server"
    SETS: ClassVar = {"tls_version": "version", "tls_cipher": "cipher"}
    srtp: Annotated[tuple[str, ...], says("Profile chosen to protect media with (use_srtp).")]


class DtlsAlert(Observation, kw_only=True):
    """One side sent an alert before the handshake was over."""

    TABLE = "dtls_alert"
    level: Annotated[str, says("warning or fatal.")]
    description: Annotated[str, says("What went wrong, as registered.")]


class DtlsEstablished(Observation, kw_only=True):
    """Both sides send encrypted records: the handshake is over."""

    TABLE = "dtls_established"
    version: Annotated[str, says("Protocol version in use; empty where the hello was not seen.")]
    handshake: Annotated[int | None, says("Time since the first ClientHello.", kind=Kind.DURATION)]
    cookie: Annotated[bool, says("The server asked for a cookie first.")]


class DtlsMedia(Observation, kw_only=True):
    """Media flow beside the records, protected with keys of this handshake (SRTP)."""

    TABLE = "dtls_media"
    SETS: ClassVar = {"encloses": "media"}
    media: Annotated[str, says("What flows: srtp.")] = "srtp"
    ssrc: Annotated[str, says("Source of the stream, in hex.")]
    payload_type: Annotated[int, says("Payload type of its packets.")]


OBSERVATIONS = (DtlsClientHello, DtlsServerHello, Certificate, DtlsAlert, DtlsEstablished, DtlsMedia)

_SHELF = certificates.Shelf()


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Records that fill the datagram, the first one fitting its epoch."""
    try:
        found = records(data)
    except ProtocolError:
        return Claim.NO
    if not found or found[0].epoch < 0:
        return Claim.NO
    first = found[0]
    if first.epoch:
        return Claim.YES if first.epoch < 16 and len(first.body) >= 16 else Claim.NO
    if first.kind == HANDSHAKE:
        return Claim.YES if _is_hello(first.body) else Claim.NO
    if first.kind == ALERT:
        return Claim.YES if len(first.body) == 2 and first.body[0] in {1, 2} else Claim.NO
    return Claim.NO


def _is_hello(body: bytes) -> bool:
    """A fragment of a hello, or of what a server sends behind its own."""
    if len(body) < 12 or body[0] not in {CLIENT_HELLO, SERVER_HELLO, VERIFY_REQUEST, CERTIFICATE, 12, 14, 16}:
        return False
    total, offset, size = (int.from_bytes(body[at : at + 3], "big") for at in (1, 6, 9))
    if offset + size > total or len(body) < 12 + size or total > 1 << 16:
        return False
    return body[0] != CLIENT_HELLO or offset > 0 or body[12:13] in {b"\xfe", b"\x01"}


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._messages = (Messages(), Messages())
        self._seen = [0, 0]
        self._sealed = [False, False]
        self._hellos = [0, 0]
        self._client: Direction | None = None
        self._hello: Hello | None = None
        self.server_hello: Hello | None = None
        self._began: int | None = None
        self._version = ""
        self._name = ""
        self._cookie = self._retry = self._done = self._sought = self._established = False
        self._media = [(b"", 0, 0), (b"", 0, 0)]  # of a side: source, latest number, how many rose

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """One datagram."""
        self._seen[side] += 1
        if self._done:
            return
        if data[0] in _OTHERS:
            if self._sought and data[0] in _RTP and self._flows(side, data):
                self._sought, self._done = False, all(self._sealed)
                yield DtlsMedia(time=now, side=side, ssrc=data[8:12].hex(), payload_type=data[1] & 127)
            self._done = self._done or self._seen[side] >= MAX_DATAGRAMS
            return
        for record in records(data):
            yield from self._record(side, record, now)
        if self._seen[side] >= MAX_DATAGRAMS:
            self._done = True

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._done else 0

    def _record(self, side: Direction, record: Record, now: int) -> Iterator[Observation]:
        if record.epoch:
            if record.kind in {HANDSHAKE, APPLICATION_DATA}:
                self._sealed[side] = True
            if all(self._sealed) and not self._established:
                self._established, self._done = True, not self._sought
                began = self._began
                yield DtlsEstablished(
                    time=now,
                    side=side,
                    version=self._version,
                    handshake=None if began is None else now - began,
                    cookie=self._cookie,
                )
        elif record.kind == HANDSHAKE:
            for kind, body in self._messages[side].push(record.body):
                yield from self._message(side, kind, body, now)
        elif record.kind == ALERT and len(record.body) == 2:
            level = {1: "warning", 2: "fatal"}.get(record.body[0], str(record.body[0]))
            description = _tls_names.ALERTS.get(record.body[1], str(record.body[1]))
            self._done = level == "fatal"
            yield DtlsAlert(time=now, side=side, level=level, description=description)
        elif record.kind not in {CHANGE_CIPHER_SPEC, ALERT, APPLICATION_DATA, 26}:
            raise ProtocolError("not a record in clear")

    def _message(self, side: Direction, kind: int, body: bytes, now: int) -> Iterator[Observation]:
        if kind == VERIFY_REQUEST:
            self._cookie = True
        elif kind == CLIENT_HELLO and self._count(side):
            yield self._offer(side, body, now)
        elif kind == SERVER_HELLO and self._count(side):
            yield self._choice(side, body, now)
        elif kind == CERTIFICATE:
            yield from self._chain(side, body, now)

    def _count(self, side: Direction) -> bool:
        self._hellos[side] += 1
        return self._hellos[side] <= MAX_HELLOS

    def _offer(self, side: Direction, body: bytes, now: int) -> Observation:
        hello = tls_hello.read_client_hello(body, cookie=True)
        self._client, self._hello = side, hello
        if self._began is None:
            self._began = now
        place = 35 + len(hello.session_id)
        offer = offer_of(
            DtlsClientHello,
            hello,
            "d",
            side,
            now,
            second=self._retry,
            cookie_bytes=body[place],
            srtp=_profiles(hello),
        )
        self._name = offer.server_name
        self._sought = bool(offer.srtp)
        return offer

    def _flows(self, side: Direction, data: bytes) -> bool:
        """Whether a stream of media has shown itself with this packet."""
        if len(data) < 12 or data[1] & 127 in _RTCP:
            return False
        number, (source, last, count) = data[2] << 8 | data[3], self._media[side]
        rises = source == data[8:12] and 0 < (number - last) & 0xFFFF <= MAX_MEDIA_STEP
        self._media[side] = (data[8:12], number, count + 1 if rises else 1)
        return rises and count + 1 >= NEEDED_MEDIA

    def _choice(self, side: Direction, body: bytes, now: int) -> Observation:
        self.server_hello = hello = tls_hello.read_server_hello(body)
        latency = None if self._began is None else now - self._began
        choice = choice_of(
            DtlsServerHello, hello, self._hello, side, now, latency=latency, srtp=_profiles(hello)
        )
        self._retry = choice.retry
        self._version = choice.version
        return choice

    def _chain(self, side: Direction, body: bytes, now: int) -> Iterator[Observation]:
        client = side == self._client
        chain, _, _ = certificates.split_chain(body)
        for position, der in enumerate(chain):
            place = (client, position, "" if client else self._name)
            yield certificate_of(_SHELF.read(der), side, now, place)


def _profiles(hello: Hello) -> tuple[str, ...]:
    listed = tls_hello.counted16(hello.bodies.get(USE_SRTP, b""))
    return tuple(
        _SRTP.get(listed[at] << 8 | listed[at + 1]) or name_of(listed[at] << 8 | listed[at + 1], {})
        for at in range(0, min(len(listed), 32) - 1, 2)
    )
