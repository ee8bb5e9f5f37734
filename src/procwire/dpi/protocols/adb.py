"""Android Debug Bridge, between host and device: banners, what is authenticated, every service opened.

Recognised by a message header whose magic is the command's complement (AOSP, ``adb/protocol.txt``), on any
port; between adb's client and its own server by a length in hex and ``host`` (``adb/SERVICES.TXT``). Data of
streams is passed over. Behind STLS the stream is handed on to TLS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "adb"
PORTS = frozenset({("tcp", 5555), ("tcp", 5037)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"CASO0"

HEADER_BYTES = 24
MAX_DATA = 16 << 20  # bytes of one message

_COMMANDS = {b"CNXN": "connect", b"AUTH": "auth", b"STLS": "tls", b"OPEN": "open", b"OKAY": "ready",
             b"WRTE": "write", b"CLSE": "close", b"SYNC": "sync"}  # fmt: skip
_OPENINGS = frozenset({b"CNXN", b"AUTH", b"STLS", b"OPEN", b"SYNC"})
_DIGITS = lazy(rb"0[0-9a-fA-F]{0,3}")
_REQUEST = lazy(rb"0[0-9a-fA-F]{3}host[-:]")
_AUTHS = {1: "token", 2: "signature", 3: "public-key"}


class AdbMessage(Observation, kw_only=True):
    """A message other than data."""

    TABLE = "adb"
    message: Annotated[
        str, says("connect, auth, tls, open, ready or close; request between client and server.")
    ]
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
    if data[:1] == b"0":
        return _claims_request(data)
    head = data[:4]
    if not any(one.startswith(head) for one in _OPENINGS):
        return Claim.NO
    if len(data) < HEADER_BYTES:
        return Claim.MORE
    return Claim.YES if _sane(data, 0) else Claim.NO


def _claims_request(data: bytes) -> Claim:
    """``000chost:version``: what adb's client asks of its own server."""
    if len(data) < 9:
        able = _DIGITS.fullmatch(data[:4]) and b"host".startswith(data[4:8])
        return Claim.MORE if able else Claim.NO
    return Claim.YES if _REQUEST.match(data) else Claim.NO


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
        self._local = False  # between adb's client and its server
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """See Cutter."""
        if self.client < 0 and data[at] == 0x30:
            self._local, self.client = True, side
            self.lanes[1 - side].closed = True  # answers are data of any kind
        if self._local:
            return self._text(data, at)
        if len(data) - at < HEADER_BYTES:
            return 0
        if data[at : at + 4] not in _COMMANDS or not _sane(data, at):
            raise ProtocolError("no message of ADB")
        return HEADER_BYTES + int.from_bytes(data[at + 12 : at + 16], "little")

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def _text(self, data: bytes, at: int) -> int:
        """Length of a request in text; behind those to a device the stream is the device's."""
        if len(data) - at < 4:
            return 0
        digits = data[at : at + 4]
        if not re.fullmatch(rb"[0-9a-fA-F]{4}", digits):
            raise ProtocolError("no request to adb")
        return 4 + int(digits, 16)

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        if self._local:
            return (AdbMessage(time=now, side=side, message="request", service=plain(data[4:])),)
        self.client = side if self.client < 0 else self.client
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
            self._waiting.renew((side, first), now, side=side, said=f"open {plain(text)}")
            return (AdbMessage(time=now, side=side, message=name, service=plain(text), stream=first),)
        if kind in {b"OKAY", b"CLSE"}:
            latency, _ = self._waiting.answer((1 - side, second), now)
            if latency is not None or kind == b"CLSE":
                return (AdbMessage(time=now, side=side, message=name, stream=first, latency=latency),)
        return None
