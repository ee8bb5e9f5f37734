# cython: cdivision=True
"""QUIC: version 1 (RFC 9000, 9001), version 2 (RFC 9369), drafts 22 to 34, and Google's before it.

Recognised by content alone, on any port: a long header of a known version whose lengths fit the datagram, of
at least 1200 bytes where it is a client's Initial; a Version Negotiation that lists known versions; Google
QUIC's public header with its version. Ports are not asked. Initial packets are decrypted (their keys are no
secret) and the hellos in them read; what follows is ciphertext and is only counted. A datagram that does not
decrypt changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import _tls_names, quic_claim, quic_initial, quic_packet, tls_brief, tls_hello
from procwire.dpi.wire._quic_names import ERRORS, GOOGLE, PARAMETERS, SALTS, is_grease, version_name
from procwire.dpi.wire.quic_connection import Connection, Connections
from procwire.dpi.wire.quic_packet import INITIAL, NEGOTIATION, RETRY, ZERO_RTT, LongPacket
from procwire.dpi.wire.tls_hello import Hello
from procwire.dpi.wire.tls_offer import Choice, Offer, choice_of, name_of, offer_of, plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "quic"
PORTS = frozenset({("udp", 443), ("udp", 80), ("udp", 853), ("udp", 8443)})
TRANSPORTS = frozenset({"udp"})
FIRST: bytes | None = quic_claim.FIRST

MAX_DATAGRAMS = 512  # of one side; a handshake has about ten
MAX_PACKETS = 16  # coalesced in one datagram
MAX_VERSIONS = 32  # shown of a Version Negotiation
CLIENT_HELLO, SERVER_HELLO = 1, 2
_SEEN = Hello(0, b"")  # stands for a ClientHello that was read only briefly
USER_AGENT, IDLE_TIMEOUT, UDP_PAYLOAD, VERSION_INFORMATION = 0x3129, 0x01, 0x03, 0x11


class QuicClientHello(Offer, kw_only=True):
    """A client opened a QUIC connection."""

    TABLE = "quic"
    SETS: ClassVar = {"server_name": "server_name", "ja4": "ja4", "alpn": "alpn"}
    NAME_SOURCE = "sni"

    quic_version: Annotated[str, says("QUIC version of the packet.")]
    dcid: Annotated[str, says("Destination connection id, in hex.")]
    scid: Annotated[str, says("Source connection id, in hex.")]
    token_bytes: Annotated[int, says("Length of the address validation token.", kind=Kind.SIZE)]
    datagrams: Annotated[int, says("Datagrams that the client had sent when the hello was whole.")]
    parameters: Annotated[tuple[str, ...], says("Transport parameters sent, in order.")]
    user_agent: Annotated[str, says("User agent, where a transport parameter tells it.")]
    idle_timeout: Annotated[int | None, says("Idle timeout offered.", kind=Kind.DURATION)]
    max_udp_payload: Annotated[int | None, says("Largest UDP payload accepted.", kind=Kind.SIZE)]
    other_versions: Annotated[tuple[str, ...], says("QUIC versions that the client can also speak.")]


class QuicServerHello(Choice, kw_only=True):
    """A server answered a QUIC client."""

    TABLE = "quic_server"
    SETS: ClassVar = {"tls_version": "version", "tls_cipher": "cipher"}

    quic_version: Annotated[str, says("QUIC version of the packet.")]
    scid: Annotated[str, says("Connection id that the server chose, in hex.")]


class QuicSeen(Observation, kw_only=True):
    """A connection of a version whose handshake is not TLS, or cannot be read."""

    TABLE = "quic_seen"
    SETS: ClassVar = {"server_name": "server_name"}
    NAME_SOURCE = "sni"

    quic_version: Annotated[str, says("QUIC version of the packet.")]
    dcid: Annotated[str, says("Destination connection id, in hex.")]
    server_name: Annotated[str, says("Name of the server that the client asks for, where it can be read.")]
    user_agent: Annotated[str, says("User agent, where it can be read.")]


class QuicRetry(Observation, kw_only=True):
    """A server asked the client to come again with a token."""

    TABLE = "quic_retry"
    quic_version: Annotated[str, says("QUIC version of the packet.")]
    scid: Annotated[str, says("Connection id that the server chose, in hex.")]
    token_bytes: Annotated[int, says("Length of the token.", kind=Kind.SIZE)]
    intact: Annotated[bool | None, says("Its integrity tag fits; not known without the client's packet.")]


class VersionNegotiation(Observation, kw_only=True):
    """A server listed the versions it speaks."""

    TABLE = "quic_versions"
    versions: Annotated[tuple[str, ...], says("Versions listed, reserved ones left out.")]


class QuicClose(Observation, kw_only=True):
    """One side closed the connection during the handshake."""

    TABLE = "quic_close"
    error: Annotated[str, says("Error, by its registered name, or TLS alert.")]
    code: Annotated[int, says("Error code.")]
    reason: Annotated[str, says("Reason phrase.")]


class QuicEstablished(Observation, kw_only=True):
    """The client sent its first packet with keys that only a finished handshake gives."""

    TABLE = "quic_established"
    quic_version: Annotated[str, says("QUIC version in use.")]
    handshake: Annotated[int | None, says("Time since the ClientHello.", kind=Kind.DURATION)]
    early_packets: Annotated[int, says("0-RTT packets that the client sent.")]


OBSERVATIONS = (
    QuicClientHello,
    QuicServerHello,
    QuicSeen,
    QuicRetry,
    VersionNegotiation,
    QuicClose,
    QuicEstablished,
)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001 - the contract's signature
    """Could this datagram be QUIC's? See the module's docstring."""
    return quic_claim.claim(data) if context.transport in TRANSPORTS else Claim.NO


class Parser:
    """One flow: usually one connection, two where a Retry came between."""

    def __init__(self, context: Context) -> None:
        self._told = context.told
        self._named = context.named
        self.connections = Connections()
        self.early_packets = 0
        self.short_packets = [0, 0]
        self.undecrypted = 0
        self._datagrams = [0, 0]
        self._seen = False
        self._done = False
        self._original = b""  # destination id of the client's latest Initial: what a Retry answers

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        return ENOUGH if self._done or self._datagrams[side] >= MAX_DATAGRAMS else 0

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return ()

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """One datagram; it may hold several packets (RFC 9000 section 12.2)."""
        found: list[Observation] = []
        self._datagrams[side] += 1
        if self._done or self.skip(side):
            return found
        if self._named:  # whatever a datagram holds, nothing in it takes that back
            self._done = True
            return found
        version = quic_packet.google_version(data)
        if version:
            self._see_google(side, version, data, now, found)
            return found
        at = 0
        for _ in range(MAX_PACKETS):
            if at >= len(data) or self._done:
                break
            if not data[at] & 0x80:
                self._short(side, data[at], now, found)
                break
            packet = quic_packet.read_long(data, at)
            if packet is None:
                break
            self._long(side, data, packet, now, found)
            at = packet.end
        return found

    def _long(
        self, side: Direction, data: bytes, packet: LongPacket, now: int, found: list[Observation]
    ) -> None:
        if packet.kind == NEGOTIATION:
            known = [number for number in quic_claim.listed_versions(data, packet) if not is_grease(number)]
            names = tuple(version_name(number) for number in known[:MAX_VERSIONS])
            found.append(VersionNegotiation(time=now, side=side, versions=names))
        elif packet.kind == RETRY:
            self._retry(side, data, packet, now, found)
        elif packet.kind == ZERO_RTT:
            self.early_packets += 1
        elif packet.kind == INITIAL:
            self._initial(side, data, packet, now, found)

    def _retry(
        self, side: Direction, data: bytes, packet: LongPacket, now: int, found: list[Observation]
    ) -> None:
        size = packet.end - packet.payload - quic_packet.TAG_BYTES
        if size <= 0 or not quic_claim.is_known(packet.version):
            return
        original = self._original
        found.append(
            QuicRetry(
                time=now,
                side=side,
                quic_version=version_name(packet.version),
                scid=packet.scid.hex(),
                token_bytes=size,
                intact=quic_initial.retry_is_intact(data, packet, original) if original else None,
            )
        )

    def _initial(
        self, side: Direction, data: bytes, packet: LongPacket, now: int, found: list[Observation]
    ) -> None:
        opened = self.connections.open(side, data, packet)
        if opened is None:
            self.undecrypted += 1
            self._see_unreadable(side, packet, now, found)
            return
        connection, frames = opened
        if side == connection.client:
            self._original = packet.dcid
        if b"CHLO" in frames[:64]:  # Q050: Google's own crypto in IETF's packets
            self._see_google(side, packet.version, frames, now, found)
            return
        stream = connection.streams[side]
        closed = quic_initial.read_frames(frames, stream, google=packet.version in GOOGLE)
        while (message := stream.next_message()) is not None:
            found.extend(self._message(connection, packet, message, (side, now)))
        if closed is not None:
            found.append(_close(closed, side, now))
            self._done = side != connection.client

    def _message(
        self,
        connection: Connection,
        packet: LongPacket,
        message: tuple[int, bytes],
        seen: tuple[Direction, int],
    ) -> Iterable[Observation]:
        kind, body = message
        side, now = seen
        try:
            if kind == CLIENT_HELLO and side == connection.client:
                return (self._offer(connection, packet, body, now),)
            if kind == SERVER_HELLO and side != connection.client:
                return (self._choice(connection, packet, body, seen),)
        except ProtocolError:
            self.undecrypted += 1
        return ()

    def _offer(self, connection: Connection, packet: LongPacket, body: bytes, now: int) -> Observation:
        connection.random = body[2:34]
        if not self._told:
            brief = tls_brief.offer(body, "q", connection.client, now)
            connection.client_hello = _SEEN
            return brief
        connection.client_hello = hello = tls_hello.read_client_hello(body)
        connection.version = packet.version
        if connection.hello_at is None:
            connection.hello_at = now
        sent = _parameters(hello)
        idle = _number(sent, IDLE_TIMEOUT)
        side = connection.client
        return offer_of(
            QuicClientHello,
            hello,
            "q",
            side,
            now,
            second=connection.retry,
            quic_version=version_name(packet.version),
            dcid=packet.dcid.hex(),
            scid=packet.scid.hex(),
            token_bytes=len(packet.token),
            datagrams=self._datagrams[side],
            parameters=_parameter_names(sent),
            user_agent=plain(sent.get(USER_AGENT, b"")[:256]),
            idle_timeout=None if idle is None else idle * 1_000_000,
            max_udp_payload=_number(sent, UDP_PAYLOAD),
            other_versions=_other_versions(sent.get(VERSION_INFORMATION, b"")),
        )

    def _choice(
        self, connection: Connection, packet: LongPacket, body: bytes, seen: tuple[Direction, int]
    ) -> Observation:
        side, now = seen
        if not self._told:
            brief = tls_brief.choice(body, side, now)
            self._done = connection.client_hello is not None and not brief.retry
            return brief
        connection.server_hello = hello = tls_hello.read_server_hello(body)
        connection.version = packet.version
        latency = None if connection.hello_at is None else now - connection.hello_at
        choice = choice_of(
            QuicServerHello,
            hello,
            connection.client_hello,
            side,
            now,
            latency=latency,
            quic_version=version_name(packet.version),
            scid=packet.scid.hex(),
        )
        connection.retry = choice.retry
        return choice

    def _short(self, side: Direction, first: int, now: int, found: list[Observation]) -> None:
        """A packet with a short header: no more than that it came."""
        if not first & 0x40:
            return
        self.short_packets[side] += 1
        connection = self.connections.latest
        if connection is None or side != connection.client:
            self._done = connection is None and sum(self.short_packets) > MAX_PACKETS
            return
        self._done = True
        found.append(
            QuicEstablished(
                time=now,
                side=side,
                quic_version=version_name(connection.version),
                handshake=None if connection.hello_at is None else now - connection.hello_at,
                early_packets=self.early_packets,
            )
        )

    def _see_google(
        self, side: Direction, version: int, data: bytes, now: int, found: list[Observation]
    ) -> None:
        tags = quic_packet.google_tags(data)
        if self._seen and not tags:
            return
        self._done = self._done or bool(tags)
        dcid = data[1:9] if not data[0] & 0x80 else b""
        self._see(side, (version, dcid, tags), now, found)

    def _see_unreadable(
        self, side: Direction, packet: LongPacket, now: int, found: list[Observation]
    ) -> None:
        if packet.version not in SALTS and not self._seen:
            self._see(side, (packet.version, packet.dcid, {}), now, found)

    def _see(
        self,
        side: Direction,
        what: tuple[int, bytes, dict[bytes, bytes]],
        now: int,
        found: list[Observation],
    ) -> None:
        self._seen = True
        version, dcid, tags = what
        found.append(
            QuicSeen(
                time=now,
                side=side,
                quic_version=version_name(version),
                dcid=dcid.hex(),
                server_name=plain(tags.get(b"SNI\0", b"")[:255]),
                user_agent=plain(tags.get(b"UAID", b"")[:256]),
            )
        )


def _parameters(hello: Hello) -> dict[int, bytes]:
    get = hello.bodies.get
    return quic_packet.parameters(
        get(tls_hello.QUIC_PARAMETERS) or get(tls_hello.QUIC_PARAMETERS_DRAFT) or b""
    )


def _parameter_names(sent: dict[int, bytes]) -> tuple[str, ...]:
    """Without the numbers 31 * N + 27, which are reserved to be ignored (RFC 9000 section 18.1)."""
    return tuple([name_of(number, PARAMETERS) for number in sent if number % 31 != 27])


def _number(sent: dict[int, bytes], parameter: int) -> int | None:
    value = quic_packet.varint(sent.get(parameter, b""), 0)[0]
    return None if value < 0 else value


def _other_versions(body: bytes) -> tuple[str, ...]:
    """Versions behind the chosen one in version_information (RFC 9368 section 3), reserved ones left out."""
    numbers = [
        int.from_bytes(body[at : at + 4], "big") for at in range(4, min(len(body), 4 * MAX_VERSIONS), 4)
    ]
    return tuple([version_name(number) for number in numbers if not is_grease(number)])


def _close(closed: tuple[int, bytes], side: Direction, now: int) -> QuicClose:
    code, reason = closed
    if 0x100 <= code <= 0x1FF:  # CRYPTO_ERROR carries a TLS alert (RFC 9000 section 20.1)
        error = f"CRYPTO_ERROR {_tls_names.ALERTS.get(code - 0x100, str(code - 0x100))}"
    else:
        error = ERRORS.get(code, f"0x{code:x}")
    return QuicClose(time=now, side=side, error=error, code=code, reason=plain(reason[:256]))
