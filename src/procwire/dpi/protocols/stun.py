"""STUN and TURN: who is seen from where, relays, ICE (RFC 8489, RFC 8656, RFC 8445).

Recognised by the magic cookie and a length that fits, on any port; without the cookie (RFC 3489) by
attributes that are all known. Where DTLS or RTP follows on the same flow (RFC 7983), it hands on. Over TCP,
channel data is passed over. User names of ICE are fragments made up for one call; long-term ones are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire import stun_message
from procwire.dpi.wire.lines import shown
from procwire.dpi.wire.pending import Pending, unanswered
from procwire.dpi.wire.stun_message import CLASSES, HEAD, METHODS, Message
from procwire.model.columns import Kind
from procwire.model.observation import Observation, Upgraded, says

NAME = "stun"
REQUESTS = True
PORTS = frozenset({("udp", 3478), ("tcp", 3478), ("udp", 19302), ("udp", 3479)})
TRANSPORTS = frozenset({"udp", "tcp"})
FIRST = bytes((0x00, 0x01, 0x02))
ROAMS = True

_MAGIC = stun_message.MAGIC.to_bytes(4, "big")
MAX_TOLD = 128  # messages of one flow that are told; keepalives go on for hours
MAX_HELD = 1 << 16  # of one side of a stream: RFC 8489 has a length of 16 bits


class StunMessage(Observation, kw_only=True):
    """One message of STUN or TURN."""

    TABLE = "stun"
    method: Annotated[str, says("binding, allocate, refresh, create-permission, ...")]
    kind: Annotated[str, says("request, indication, success or error.")]
    mapped: Annotated[str, says("Address that the server sees the client at.")]
    relayed: Annotated[str, says("Address that the server relays for the client.")]
    peer: Annotated[str, says("Address that the client wants to reach through the server.")]
    username: Annotated[str, says("User name.")]
    realm: Annotated[str, says("Realm of the user name.")]
    software: Annotated[str, says("Software, as announced.")]
    error: Annotated[str, says("Error code and reason.")]
    ice: Annotated[str, says("controlling or controlled, where it is a check of ICE.")]
    nominated: Annotated[bool, says("The pair of addresses is nominated (USE-CANDIDATE).")]
    lifetime: Annotated[int | None, says("Lifetime of an allocation.", kind=Kind.DURATION)]
    retransmitted: Annotated[bool, says("The request was sent before.")] = False
    latency: Annotated[int | None, says("From the first request to the answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (StunMessage,)

_KIND = b"\0\1\2"  # first byte of a message's type
_FOURS = bytes(range(0, 256, 4))  # last byte of a length
_COOKIE = {0: _KIND} | {4 + at: bytes((byte,)) for at, byte in enumerate(_MAGIC)}
SHAPES = {
    "tcp": Shape(starts=(_COOKIE, {2: _KIND, 6: _MAGIC[:1], 7: _MAGIC[1:2]})),
    "udp": Shape(starts=(_COOKIE, {0: b"\0\1", 1: b"\1\x11", 3: _FOURS}), least=HEAD),
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole message."""
    if context.transport == "udp":
        return Claim.YES if stun_message.read(data) is not None else Claim.NO
    if len(data) >= 10 and _MAGIC not in {data[4:8], data[6:10]}:  # most are refused by this
        return Claim.NO
    if len(data) < 6:
        able = not data or (data[0] < 3 and (data[2:3] < b"\3" or _MAGIC.startswith(data[4:])))
        return Claim.MORE if able else Claim.NO
    if _framed(data):
        size = 2 + (data[0] << 8 | data[1])
        if len(data) < max(10, size):
            return Claim.MORE
        return Claim.YES if stun_message.read(data[2:size]) is not None else Claim.NO
    if len(data) < HEAD:
        return Claim.MORE if data[0] < 3 and _MAGIC.startswith(data[4:8]) else Claim.NO
    if int.from_bytes(data[4:8], "big") != stun_message.MAGIC or data[3] & 3 or data[0] > 2:
        return Claim.NO
    length = HEAD + (data[2] << 8 | data[3])
    if len(data) < min(length, 2048):
        return Claim.MORE
    return Claim.YES if stun_message.read(data[:length], stream=True) is not None else Claim.NO


def _framed(data: bytes | bytearray) -> bool:
    """Whether a stream begins with a message behind its length: ICE over TCP (RFC 6544, RFC 4571)."""
    size, inner = data[0] << 8 | data[1], data[4] << 8 | data[5]
    return size == HEAD + inner and _MAGIC.startswith(data[6:10]) and data[2] < 3


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._told = context.told
        self._stream = context.transport == "tcp"
        self._held = [bytearray(), bytearray()]
        self._owed = [0, 0]
        self._asked = Pending()
        self._count = 0
        self._rest = [b"", b""]
        self._done = False
        self._lengths: bool | None = None  # each message of the stream stands behind its length

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """One datagram, or a stream's next bytes."""
        if self._done:
            return
        if self._stream:
            yield from self._read(side, data, now)
            return
        message = stun_message.read(data)
        if message is not None:
            yield from self._tell(side, message, now)
        elif 20 <= data[0] < 64 or 128 <= data[0] < 192:
            self._done = True
            self._rest[side] = data
            yield Upgraded(time=now, side=side, hint="dtls" if data[0] < 64 else "rtp")
        elif not 64 <= data[0] < 80:  # a channel's data (RFC 8656 section 12)
            raise ProtocolError("not STUN")

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Of a stream nothing is read behind a gap, unless it was passed over anyway."""
        if size <= self._owed[side]:
            self._owed[side] -= size
        else:
            self._done = True
        return iter(())

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        if self._done or self._count > 4 * MAX_TOLD:
            return ENOUGH
        owed, self._owed[side] = self._owed[side], 0
        return owed

    def remainder(self, side: Direction) -> bytes:
        """See contract: the datagram that is not STUN's."""
        return self._rest[side]

    def _read(self, side: Direction, data: bytes, now: int) -> Iterator[Observation]:
        held = self._held[side]
        held += data
        while True:
            paid = min(self._owed[side], len(held))
            self._owed[side] -= paid
            del held[:paid]
            if self._owed[side] or len(held) < (10 if self._lengths is None else 4):
                return
            if self._lengths is None:
                self._lengths = _framed(held)
            if self._lengths:
                size = held[0] << 8 | held[1]
                if len(held) < 2 + size:
                    return
                message = stun_message.read(bytes(held[2 : 2 + size]))
                del held[: 2 + size]
                if message is not None:  # else DTLS, RTP or the like, as they come over UDP
                    yield from self._tell(side, message, now)
                continue
            size = held[2] << 8 | held[3]
            if held[0] & 0xC0 == 0x40:  # a channel's data, padded to four bytes over TCP
                self._owed[side] = 4 + size + (-size & 3)
                continue
            if held[0] & 0xC0 or size & 3:
                raise ProtocolError("not STUN")
            if len(held) < HEAD + size:
                return
            message = stun_message.read(bytes(held[: HEAD + size]), stream=True)
            if message is None:
                raise ProtocolError("not STUN")
            del held[: HEAD + size]
            yield from self._tell(side, message, now)

    def finish(self, now: int) -> Iterable[Observation]:
        """Requests that no answer was seen to."""
        return unanswered(now, self._asked) if self._told and self._count <= MAX_TOLD else ()

    def _tell(self, side: Direction, message: Message, now: int) -> Iterator[Observation]:
        self._count += 1
        latency, again = None, False
        if message.kind == 0:
            again = self._asked.ask((side, message.transaction), now, side=side, said=METHODS[message.method])
        elif message.kind > 1:
            latency, _ = self._asked.answer((1 - side, message.transaction), now)
        if self._count > MAX_TOLD:
            return
        get = message.attributes.get
        life = get(stun_message.LIFETIME, b"")
        code = get(stun_message.ERROR_CODE, b"")
        roles = {stun_message.CONTROLLING: "controlling", stun_message.CONTROLLED: "controlled"}
        yield StunMessage(
            time=now,
            side=side,
            method=METHODS[message.method],
            kind=CLASSES[message.kind],
            mapped=next(filter(None, map(message.address, (0x20, 0x8020, 1))), ""),
            relayed=message.address(stun_message.RELAYED),
            peer=message.address(stun_message.PEER),
            username=shown(get(stun_message.USERNAME, b"")),
            realm=shown(get(stun_message.REALM, b"")),
            software=shown(get(stun_message.SOFTWARE, b"").rstrip(b"\0")),
            error=f"{code[2] * 100 + code[3]} {shown(code[4:])}".strip() if len(code) >= 4 else "",
            ice=next((word for number, word in roles.items() if number in message.attributes), ""),
            nominated=stun_message.USE_CANDIDATE in message.attributes,
            lifetime=int.from_bytes(life, "big") * 1_000_000_000 if len(life) == 4 else None,
            retransmitted=again,
            latency=latency,
        )
