"""ZeroMQ (ZMTP 2.0, 3.0 and 3.1): versions, security mechanism, socket types and identities of both ends.

Recognised by the greeting's signature, version and mechanism (rfc.zeromq.org 15, 23 and 37), on any port.
Messages behind the handshake are not read: they have no fields but their lengths. The password of PLAIN is
reported as sent; behind CURVE and GSSAPI everything is ciphertext.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.text import plain
from procwire.model.observation import Observation, says

NAME = "zmtp"
PORTS: frozenset[tuple[str, int]] = frozenset()  # no port is its own
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\xff"

GREETING_BYTES = 64
SHORT_GREETING_BYTES = 12  # of 2.0: signature, revision, socket type
MAX_PROPERTIES = 16  # of one handshake that are read

_SOCKETS = ("PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB")
_MECHANISMS = frozenset({b"NULL", b"PLAIN", b"CURVE", b"GSSAPI"})


class ZmtpGreeting(Observation, kw_only=True):
    """One side's greeting."""

    TABLE = "zmtp"
    message: Annotated[str, says("greeting, or the command: READY, HELLO, ERROR, ...")] = "greeting"
    version: Annotated[str, says("Version of the protocol.")]
    mechanism: Annotated[str, says("Security mechanism: NULL, PLAIN, CURVE or GSSAPI.")] = ""
    server: Annotated[bool, says("Whether it is the server of the mechanism.")] = False
    socket_type: Annotated[str, says("Type of the socket: REQ, PUB, DEALER, ...")] = ""


class ZmtpCommand(Observation, kw_only=True):
    """A command of the handshake."""

    TABLE = "zmtp"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("greeting, or the command: READY, HELLO, ERROR, ...")]
    socket_type: Annotated[str, says("Type of the socket: REQ, PUB, DEALER, ...")] = ""
    identity: Annotated[str, says("Identity that the socket gave itself.")] = ""
    user: Annotated[str, says("User that logs in.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent in clear; it is not kept.")] = False
    error: Annotated[str, says("Why the other side was refused.")] = ""


OBSERVATIONS = (ZmtpGreeting, ZmtpCommand)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Signature (ff, a length of eight bytes, 7f), a version, and for 3.x a mechanism that exists."""
    if data[:1] not in {b"", b"\xff"} or data[1:8] != bytes(len(data[1:8])):
        return Claim.NO
    if data[9:10] not in {b"", b"\x7f"} or (len(data) > 10 and data[10] not in {1, 3}):
        return Claim.NO
    if len(data) < SHORT_GREETING_BYTES:
        return Claim.MORE
    if data[10] == 1:
        return Claim.YES if data[11] < len(_SOCKETS) else Claim.NO
    if len(data) < 32:
        return Claim.MORE
    return Claim.YES if data[12:32].rstrip(b"\0") in _MECHANISMS else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 1024

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._greeted = [False, False]
        self._ready = [False, False]
        self._mechanism = ""

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """See Cutter: the greeting, then frames."""
        if not self._greeted[side]:
            if len(data) - at < SHORT_GREETING_BYTES:
                return 0
            return SHORT_GREETING_BYTES if data[at + 10] == 1 else GREETING_BYTES
        if data[at] > 7 or data[at] & 5 == 5:
            raise ProtocolError("no frame of ZMTP")
        wide = 9 if data[at] & 2 else 2
        if len(data) - at < wide:
            return 0
        return wide + int.from_bytes(data[at + 1 : at + wide], "big")

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        if not self._greeted[side]:
            self._greeted[side] = True
            return (self._greeting(side, data, now),)
        if not data[0] & 4:
            self._ready[side] = True  # messages: the handshake is over
            self.lanes[side].closed = True
            self._finish()
            return None
        body = Cursor(data, 9 if data[0] & 2 else 2)
        name = plain(body.prefixed(1), 16)
        told: dict[str, Any] = {}
        if name in {"READY", "INITIATE"}:
            told = _properties(body) if self._mechanism in {"NULL", "PLAIN"} else {}
            self._ready[side] = True
        elif name == "HELLO" and self._mechanism == "PLAIN":
            told = {"user": plain(body.prefixed(1)), "credentials": bool(body.prefixed(1))}
        elif name == "ERROR":
            told = {"error": plain(body.prefixed(1))}
            self.close()
        self._finish()
        return (ZmtpCommand(time=now, side=side, message=name, **told),)

    def _greeting(self, side: Direction, data: bytes, now: int) -> Observation:
        if claims(data, side, self.context) is not Claim.YES:
            raise ProtocolError("no greeting of ZMTP")
        if data[10] == 1:
            self.close()
            return ZmtpGreeting(time=now, side=side, version="2.0", socket_type=_SOCKETS[data[11]])
        mechanism = plain(data[12:32].rstrip(b"\0"))
        self._mechanism = mechanism
        version = f"{data[10]}.{data[11]}"
        return ZmtpGreeting(time=now, side=side, version=version, mechanism=mechanism, server=bool(data[32]))

    def _finish(self) -> None:
        if all(self._ready):
            self.close()


def _properties(body: Cursor) -> dict[str, Any]:
    """Metadata (RFC 23 section 5): names and values."""
    found = {}
    for _ in range(MAX_PROPERTIES):
        if not body.left:
            break
        name = plain(body.prefixed(1)).lower()
        found[name] = plain(body.prefixed(4))
    return {"socket_type": found.get("socket-type", ""), "identity": found.get("identity", "")}
