"""Android Debug Bridge, between host and device: banners, what is authenticated, every service opened.

Recognised by a message header whose magic is the command's complement (AOSP, ``adb/protocol.txt``), on any
port. Data of streams is passed over. Behind STLS the stream is handed on to TLS.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.text import plain
from procwire.dpi.wire.waiting import Numbered
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "adb"
PORTS = frozenset({("tcp", 5555)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"CASO"

HEADER_BYTES = 24
MAX_DATA = 16 << 20  # bytes of one message

_COMMANDS = {b"CNXN": "connect", b"AUTH": "auth", b"STLS": "tls", b"OPEN": "open", b"OKAY": "ready",
             b"WRTE": "write", b"CLSE": "close", b"SYNC": "sync"}  # fmt: skip
_OPENINGS = frozenset({b"CNXN", b"AUTH", b"STLS", b"OPEN", b"SYNC"})
_AUTHS = {1: "token", 2: "signature", 3: "public-key"}


class AdbMessage(Observation, kw_only=True):
    """A message other than data."""

    TABLE = "adb"
    message: Annotated[str, says("connect, auth, tls, open, ready or close.")]
    banner: Annotated[
        str, says("What the side says of itself: host or device, its properties, its features.")
    ] = ""
    service: Annotated[str, says("Service that is opened: shell:..., sync:, tcp:...")] = ""
    auth: Annotated[str, says("token, signature or public-key.")] = ""
    stream: Annotated[int | None, says("Number of the stream, of the side that speaks.")] = None
    latency: Annotated[
        int | None, says("From the opening of the stream to its answer.", kind=Kind.DURATION)
    ] = None


OBSERVATIONS = (AdbMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A command that can come first, and its complement as magic."""
    head = data[:4]
    if not any(one.startswith(head) for one in _OPENINGS):
        return Claim.NO
    if len(data) < HEADER_BYTES:
        return Claim.MORE
    return Claim.YES if _sane(data, 0) else Claim.NO


def _sane(data: bytes, at: int) -> bool:
    complement = bytes([byte ^ 0xFF for byte in data[at : at + 4]])
    return (
        data[at + 20 : at + 24] == complement
        and int.from_bytes(data[at + 12 : at + 16], "little") <= MAX_DATA
    )


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 1024

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._tls = [False, False]
        self._waiting = Numbered()

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        if len(data) - at < HEADER_BYTES:
            return 0
        if data[at : at + 4] not in _COMMANDS or not _sane(data, at):
            raise ProtocolError("no message of ADB")
        return HEADER_BYTES + int.from_bytes(data[at + 12 : at + 16], "little")

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        kind = data[:4]
        first, second = int.from_bytes(data[4:8], "little"), int.from_bytes(data[8:12], "little")
        text = data[HEADER_BYTES:].rstrip(b"\0")
        name = _COMMANDS[kind]
        if kind == b"STLS":
            self._tls[side] = True
            seen = AdbMessage(time=now, side=side, message=name)
            return (seen, self.hand_on(side, "tls", now)) if all(self._tls) else (seen,)
        if kind == b"CNXN":
            self.settled = True
            return (AdbMessage(time=now, side=side, message=name, banner=plain(text)),)
        if kind == b"AUTH":
            auth = _AUTHS.get(first, str(first))
            return (AdbMessage(time=now, side=side, message=name, auth=auth),)
        if kind == b"OPEN":
            self._waiting.ask((side, first), now)
            return (AdbMessage(time=now, side=side, message=name, service=plain(text), stream=first),)
        if kind in {b"OKAY", b"CLSE"}:
            since = self._waiting.answer((1 - side, second))
            if since is not None or kind == b"CLSE":
                latency = None if since is None else now - since
                return (AdbMessage(time=now, side=side, message=name, stream=first, latency=latency),)
        return None
