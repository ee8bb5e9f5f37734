"""OpenVPN: how the two ends begin and how that is protected (its protocol documentation, ssl_pkt.h).

Recognised by a client's hard reset whose every field fits: nothing acknowledged and packet id 0, or behind
an HMAC (tls-auth) or in front of ciphertext (tls-crypt) a first packet id and a time; over TCP behind its
length. Obfuscated variants are not. The TLS handshake inside is read as far as it is in clear, unless
tls-crypt hides it: hellos, and certificates before TLS 1.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire import openvpn_packet, tls_inside
from procwire.dpi.wire.openvpn_packet import CONTROL, DATA, DATA_V2, NAMES, SERVER, Reset
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "openvpn"
PORTS = frozenset({("udp", 1194), ("tcp", 1194)})
TRANSPORTS = frozenset({"udp", "tcp"})
FIRST = b"\x00\x38\x40\x50"

MAX_PACKET = 255  # of a reset over TCP; one with a wrapped key (version 3) is longer, and not recognised
MAX_SEEN = 256  # packets looked at until data flows
MAX_EARLY = 16  # control packets of a side that wait for one before them
MAX_PIECE = 2048  # of TLS in one of them; OpenVPN cuts by the MTU


class OpenvpnReset(Observation, kw_only=True):
    """One end began a session."""

    TABLE = "openvpn"
    message: Annotated[str, says("client-reset, server-reset, client-reset-v3, or established.")]
    session: Annotated[str, says("Session id that the sender chose, in hex.")]
    protection: Annotated[str, says("none, tls-auth or tls-crypt.")]
    latency: Annotated[int | None, says("From the client's reset to this.", kind=Kind.DURATION)]


OBSERVATIONS = (OpenvpnReset, *tls_inside.OBSERVATIONS)

SHAPES = {"tcp": Shape(starts=({2: FIRST[1:]},)), "udp": Shape(starts=({0: FIRST[1:]},), least=14)}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A hard reset; a server's must acknowledge one."""
    if context.transport == "udp":
        return _judge(data)
    if len(data) < 3:
        return Claim.MORE if data[:1] in {b"", b"\0"} else Claim.NO
    size = data[0] << 8 | data[1]
    if not 14 <= size <= MAX_PACKET or data[2] not in FIRST[1:]:
        return Claim.NO
    return _judge(data[2 : 2 + size]) if len(data) >= 2 + size else Claim.MORE


def _judge(data: bytes) -> Claim:
    reset = openvpn_packet.read_reset(data)
    if reset is None or (reset.kind == SERVER and reset.protection == "none" and not reset.answers):
        return Claim.NO
    return Claim.YES


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._stream = context.transport == "tcp"
        self._held = [bytearray(), bytearray()]
        self._began: int | None = None
        self._reset: Reset | None = None
        self._seen = 0
        self._done = False
        self._inside: tls_inside.Inside | None = None
        self._sessions = [b"", b""]
        self._next = [1, 1]  # number of the control packet that is next; 0 is the reset
        self._early: tuple[dict[int, bytes], dict[int, bytes]] = ({}, {})

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """One datagram, or a stream's next bytes."""
        if self._done:
            return
        if not self._stream:
            yield from self._packet(side, data, now)
            return
        held = self._held[side]
        held += data
        while not self._done and len(held) >= 2:
            size = held[0] << 8 | held[1]
            if not size:
                raise ProtocolError("not a packet")
            if len(held) < 2 + size:
                return
            packet = bytes(held[2 : 2 + size])
            del held[: 2 + size]
            yield from self._packet(side, packet, now)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Of a stream nothing is read behind a gap."""
        self._done = self._done or self._stream
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._done else 0

    def _packet(self, side: Direction, data: bytes, now: int) -> Iterator[Observation]:
        kind = openvpn_packet.opcode(data)
        if not kind:
            raise ProtocolError("not a packet")
        self._seen += 1
        self._done = self._seen > MAX_SEEN
        reset = openvpn_packet.read_reset(data)
        if reset is not None:
            latency = None
            if reset.kind == SERVER:
                latency = None if self._began is None else now - self._began
            elif self._began is None:
                self._began = now
            self._reset = reset
            self._renew(side, reset)
            yield _told(side, NAMES[reset.kind], reset, (now, latency))
        elif kind in {DATA, DATA_V2} and self._reset is not None:
            self._done = True
            latency = None if self._began is None else now - self._began
            yield _told(side, "established", self._reset, (now, latency))
        elif kind == CONTROL and self._reset is not None:
            yield from self._control(side, data, self._reset.hmac_bytes, now)

    def _renew(self, side: Direction, reset: Reset) -> None:
        """A session that is not the side's last one has a handshake of its own."""
        if self._sessions[side] == reset.session:
            return
        self._sessions[side] = reset.session
        self._inside = tls_inside.Inside() if reset.protection != "tls-crypt" else None
        self._next[side] = 1
        self._early[side].clear()

    def _control(self, side: Direction, data: bytes, hmac_bytes: int, now: int) -> Iterator[Observation]:
        """A piece of TLS, in its order. What is none ends the reading of it, not of the session."""
        packet = openvpn_packet.read_control(data, hmac_bytes)
        early = self._early[side]
        if self._inside is None or packet is None or len(packet.piece) > MAX_PIECE:
            return
        if 0 <= packet.number - self._next[side] < MAX_EARLY:
            early[packet.number] = packet.piece
        while self._inside is not None and (piece := early.pop(self._next[side], None)) is not None:
            self._next[side] += 1
            try:
                yield from self._inside.feed(side, piece, now)
            except ProtocolError:
                self._inside = None
                early.clear()


def _told(side: Direction, message: str, reset: Reset, when: tuple[int, int | None]) -> Observation:
    return OpenvpnReset(
        time=when[0],
        side=side,
        message=message,
        session=reset.session.hex(),
        protection=reset.protection,
        latency=when[1],
    )
