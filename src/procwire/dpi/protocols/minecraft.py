"""Minecraft (Java edition): the server asked for, protocol version, and what the server says of itself.

Recognised by a handshake packet whose length, host name and next state make sense (minecraft.wiki, "Java
Edition protocol"), on any port. What follows a login is encrypted or the game's own, and is not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

import msgspec

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.text import bounded, plain, readable
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "minecraft"
PORTS = frozenset({("tcp", 25565)})
TRANSPORTS = frozenset({"tcp"})
ROAMS = True
FIRST = bytes(range(6, 256))  # length of the packet

MAX_HANDSHAKE = 264  # bytes: a host of 255, and the rest
MAX_PACKET = 2_097_151  # bytes; three digits of a VarInt

_STATES = {1: "status", 2: "login", 3: "transfer"}


class MinecraftHandshake(Observation, kw_only=True):
    """A client came."""

    TABLE = "minecraft"
    SETS: ClassVar = {"server_name": "name"}
    NAME_SOURCE: ClassVar = "minecraft-host"
    message: Annotated[str, says("handshake, login or status.")] = "handshake"
    host: Annotated[str, says("Host that the client was told to go to.")]
    version: Annotated[int, says("Number of the protocol's version.")]
    next: Annotated[str, says("What the client wants: status, login or transfer.")]

    @property
    def name(self) -> str:
        """The host where it is a name."""
        return "" if self.host.replace(".", "").isdigit() or ":" in self.host else self.host


class MinecraftStatus(Observation, kw_only=True):
    """A player's name, or what the server says of itself."""

    TABLE = "minecraft"
    message: Annotated[str, says("handshake, login or status.")]
    player: Annotated[str, says("Name of the player that logs in.")] = ""
    server_software: Annotated[str, says("Version of the server, in words.")] = ""
    players: Annotated[int | None, says("Players that are there.")] = None
    latency: Annotated[int | None, says("From the question to the status.", kind=Kind.DURATION)] = None


OBSERVATIONS = (MinecraftHandshake, MinecraftStatus)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """(number, where it ends); (-1, at) where more bytes are needed. Five bytes at most."""
    value = 0
    for place in range(5):
        if at + place >= len(data):
            return -1, at
        byte = data[at + place]
        value |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return value, at + place + 1
    raise ProtocolError("a number of more than five bytes")


_LONG = bytes(range(0x80, 0x100))  # a digit of a length that another follows
SHAPES = {
    "tcp": Shape(
        starts=(
            {0: bytes(range(6, 0x80)), 1: b"\0"},
            {0: _LONG, 1: b"\0\1\2", 2: b"\0"},
            {0: _LONG, 1: b"\x80\x81\x82", 2: b"\0" + _LONG},
        )
    )
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The whole handshake must fit its own length."""
    if len(data) > 1 and data[0] < 0x80 and (data[1] or data[0] < FIRST[0]):
        return Claim.NO  # one digit of length, and no handshake behind it
    if len(data) > 1 and data[0] >= 0x80 and data[1] & 0x7F > MAX_HANDSHAKE >> 7:
        return Claim.NO
    if data[:1] and data[0] not in FIRST:
        return Claim.NO
    try:
        length, at = _varint(data, 0)
        if length >= 0 and not 6 <= length <= MAX_HANDSHAKE:
            return Claim.NO
        if len(data) > at > 0 and data[at]:
            return Claim.NO
        if length < 0 or len(data) < at + length:
            return Claim.MORE
        return Claim.YES if _handshake(data[at : at + length]) else Claim.NO
    except ProtocolError:
        return Claim.NO


def _handshake(packet: bytes) -> tuple[int, bytes, int] | None:
    """(version, host, next state), or None where the packet is none."""
    version, at = _varint(packet, 1)
    size, at = _varint(packet, at)
    host = packet[at : at + max(0, size)]
    if version < 0 or not 1 <= size <= 255 or len(packet) != at + size + 3 or packet[-1] not in _STATES:
        return None
    named = readable(host.split(b"\0")[0]) and version < 0x50000000
    return (version, host.split(b"\0")[0], packet[-1]) if named else None


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 4096

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._state = 0
        self._since: int | None = None

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        length, start = _varint(data, at)
        if length > MAX_PACKET or length == 0:
            raise ProtocolError("no packet of Minecraft")
        return start - at + length if length > 0 else 0

    def forget(self) -> None:
        """See Cutter: without the packets between, what follows has no meaning."""
        self.close()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        packet = data[_varint(data, 0)[1] :]
        if not self._state:
            found = _handshake(packet)
            if packet[:1] != b"\0" or found is None:
                raise ProtocolError("no handshake of Minecraft")
            version, host, self._state = found
            self.client, self.settled = side, True
            name, state = plain(host), _STATES[self._state]
            return (MinecraftHandshake(time=now, side=side, host=name, version=version, next=state),)
        if side == self.client:
            self._since = now if self._since is None else self._since
            if self._state == 1 or packet[:1] != b"\0":
                return None
            self.close()
            player = plain(Cursor(packet, 1).prefixed(1), 16)
            return (MinecraftStatus(time=now, side=side, message="login", player=player),)
        self.close()
        if packet[:1] != b"\0" or self._state != 1:
            return None
        latency = None if self._since is None else now - self._since
        told = _status(packet) if size <= len(data) else {}
        return (MinecraftStatus(time=now, side=side, message="status", latency=latency, **told),)


def _status(packet: bytes) -> dict[str, Any]:
    size, at = _varint(packet, 1)
    try:
        told = msgspec.json.decode(packet[at : at + max(0, size)])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtocolError("no JSON") from None
    version = told.get("version") if isinstance(told, dict) else None
    players = told.get("players") if isinstance(told, dict) else None
    name = version.get("name") if isinstance(version, dict) else ""
    online = players.get("online") if isinstance(players, dict) else None
    return {
        "server_software": bounded(name) if isinstance(name, str) else "",
        "players": online if isinstance(online, int) else None,
    }
