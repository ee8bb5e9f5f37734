"""OPC UA over TCP: the endpoint asked for, the security policy, services with their outcome and latency.

Recognised by a Hello, ReverseHello or Acknowledge whose length and fields make sense (OPC 10000-6 section
7.1), on any port; a session that was running already by a message on its own port.
Services are read where nothing is encrypted (policy None or mode Sign); values are not
kept. A password sent without encryption is reported as sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire._opcua_names import SERVICES, STATUS
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "opcua"
PORTS = frozenset({("tcp", 4840), ("tcp", 4843)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"HRAM"

HEADER_BYTES = 8
MAX_CHUNK = 64 << 20  # bytes
MAX_URL = 4096  # bytes of an endpoint; section 7.1.2.3

_KINDS = {b"HEL": "hello", b"ACK": "acknowledge", b"ERR": "error", b"RHE": "reverse-hello", b"OPN": "open",
          b"MSG": "message", b"CLO": "close"}  # fmt: skip
_POLICY = b"http://opcfoundation.org/UA/SecurityPolicy#"
ACTIVATE, FAULT = 467, 397  # ActivateSessionRequest, ServiceFault
_USER = b"\1\0\x44\1\1"  # a UserNameIdentityToken (324) with a body


class OpcuaConnection(Observation, kw_only=True):
    """A connection or a secure channel was begun, refused or closed."""

    TABLE = "opcua"
    message: Annotated[str, says("hello, acknowledge, error, open, close or service.")]
    endpoint: Annotated[str, says("Endpoint that the client asks for.")] = ""
    channel: Annotated[int | None, says("Secure channel.")] = None
    policy: Annotated[str, says("Security policy: None, Basic256Sha256, ...")] = ""
    error: Annotated[str, says("Why it was refused.")] = ""


class OpcuaService(Observation, kw_only=True):
    """A service was asked for or answered."""

    TABLE = "opcua"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("hello, acknowledge, error, open, close or service.")] = "service"
    service: Annotated[str, says("Service: ReadRequest, WriteResponse, ...")]
    channel: Annotated[int, says("Secure channel.")]
    request: Annotated[int, says("Number that the answer repeats.")]
    status: Annotated[str, says("How the service ended; empty in a request.")] = ""
    user: Annotated[str, says("User that logs in.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent in clear; it is not kept.")] = False
    write: Annotated[bool, says("Whether the service changes the server.")] = False
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (OpcuaConnection, OpcuaService)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Kind, whole chunk, length, and versions and buffer sizes that the standard allows."""
    head = data[:4]
    if data[:1] == b"M":
        return _claims_running(data, context)
    if not any(one.startswith(head) for one in (b"HELF", b"ACKF", b"RHEF")):
        return Claim.NO
    if len(data) < 12:
        return Claim.MORE
    size = int.from_bytes(data[4:8], "little")
    if head == b"ACKF":
        return Claim.YES if size == 28 and data[9:12] == bytes(3) else Claim.NO
    if head == b"RHEF":
        return (
            Claim.YES
            if 16 <= size <= 2 * MAX_URL + 16 and int.from_bytes(data[8:12], "little") <= size
            else Claim.NO
        )
    return Claim.YES if 32 <= size <= MAX_URL + 32 and data[9:12] == bytes(3) else Claim.NO


def _claims_running(data: bytes, context: Context) -> Claim:
    """A message in the middle of a session, on the port."""
    if 4840 not in {context.src_port, context.dst_port} or data[:4] not in {
        b"M",
        b"MS",
        b"MSG",
        b"MSGF",
        b"MSGC",
    }:
        return Claim.NO
    if len(data) < 24:
        return Claim.MORE
    return (
        Claim.YES if 24 < int.from_bytes(data[4:8], "little") <= MAX_CHUNK and any(data[8:12]) else Claim.NO
    )


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 2048

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._clear = True  # whether the channel's messages can be read
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        if len(data) - at < HEADER_BYTES:
            return 0
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if (
            data[at : at + 3] not in _KINDS
            or data[at + 3] not in b"FCA"
            or not HEADER_BYTES <= size <= MAX_CHUNK
        ):
            raise ProtocolError("no chunk of OPC UA")
        return size

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        kind, body = data[:3], Cursor(data, HEADER_BYTES, "little")
        name = _KINDS[kind]
        told: dict[str, Any] = {}
        if kind == b"HEL":
            self.client = side
            body.take(20)
            told["endpoint"] = plain(body.counted(4))
        elif kind == b"RHE":
            body.counted(4)
            told["endpoint"] = plain(body.counted(4))
        elif kind == b"ERR":
            code = body.u32()
            told["error"] = f"{STATUS.get(code, f'{code:#010x}')} {plain(body.counted(4))}".strip()
        elif kind in {b"OPN", b"CLO"}:
            told["channel"] = body.u32()
            if kind == b"OPN":
                told["policy"] = self._opened(body)
        elif kind == b"MSG":
            return self._service(side, data[3], body, now)
        return (OpcuaConnection(time=now, side=side, message=name, **told),)

    def _opened(self, body: Cursor) -> str:
        policy = body.counted(4)
        self._clear = policy.endswith(b"#None")
        self.settled = self.settled or not self._clear
        return plain(policy.removeprefix(_POLICY))

    def _service(self, side: Direction, chunk: int, body: Cursor, now: int) -> Iterable[Observation] | None:
        if chunk not in b"FC" or not self._clear:
            return None
        channel, _, _, number = body.u32(), body.u32(), body.u32(), body.u32()
        if body.left < 4 or body.u8() != 1 or body.u8() != 0:
            return None  # a later chunk, or a type of another kind
        identity = body.u16()
        name = SERVICES.get(identity, f"type {identity}")
        if self.client < 0:
            self.join(side if name.endswith("Request") else Direction(1 - side))
            self.lanes[side].lost = False
        told: dict[str, Any] = {}
        if side == self.client:
            self._waiting.renew(number, now, True, side=side, said=name)
            told["write"] = name in {"WriteRequest", "CallRequest", "HistoryUpdateRequest"}
            if identity == ACTIVATE:
                told.update(_user(body))
                self.settled = True
        else:
            told["latency"], asked = self._waiting.answer(number, now)
            if asked is None and chunk == 0x43:
                return None
            body.take(12)
            code = body.u32()
            told["status"] = STATUS.get(code, f"{code:#010x}")
        return (OpcuaService(time=now, side=side, service=name, channel=channel, request=number, **told),)


def _user(body: Cursor) -> dict[str, Any]:
    """The user's token in an ActivateSession (OPC 10000-4 section 7.40.4)."""
    place = body.data.find(_USER, body.at)
    if place < 0:
        return {}
    token = Cursor(body.data, place + len(_USER) + 4, "little")
    token.counted(4)
    user, password = plain(token.counted(4)), token.counted(4)
    algorithm = token.counted(4) if token.left >= 4 else b""
    return {"user": user, "credentials": bool(password) and not algorithm}
