"""Aerospike: info requests, and operations with their namespace, set and outcome.

Recognised by a header of version 2 whose type and length make sense and by what follows it: names on lines,
or a message header of 22 bytes (Aerospike's wire protocol, as its clients publish it), on any port. Keys and
values are not kept; logins are reported by their user. Answers are matched in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Queue
from procwire.dpi.wire.text import plain, readable
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "aerospike"
PORTS = frozenset({("tcp", 3000)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\x02"

HEADER_BYTES, MESSAGE_BYTES = 8, 22
MAX_MESSAGE = 128 << 20  # bytes; the server's own bound
MAX_FIELDS = 8  # of one message that are read
MAX_NAMES = 16  # of an info request that are shown

INFO, SECURITY, MESSAGE, COMPRESSED = 1, 2, 3, 4
_TYPES = {INFO: "info", SECURITY: "security", MESSAGE: "operation", COMPRESSED: "compressed"}
_SECURITY = {0: "authenticate", 1: "create-user", 2: "drop-user", 3: "set-password", 4: "change-password",
             5: "grant-roles", 6: "revoke-roles", 9: "query-users", 16: "query-roles",
             20: "login"}  # fmt: skip


class AerospikeMessage(Observation, kw_only=True):
    """A request or its answer."""

    TABLE = "aerospike"
    message: Annotated[str, says("request or response.")]
    kind: Annotated[str, says("info, operation, security or compressed.")]
    names: Annotated[tuple[str, ...], says("Names that an info request asks for.")] = ()
    operation: Annotated[str, says("read, write, delete, or the security command.")] = ""
    namespace: Annotated[str, says("Namespace.")] = ""
    set: Annotated[str, says("Set within it.")] = ""
    user: Annotated[str, says("User that logs in.")] = ""
    result: Annotated[int | None, says("Result code of an operation; 0 is success.")] = None
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (AerospikeMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Version, type, a sane length, and the start of the content."""
    if data[:1] not in {b"", b"\2"} or (len(data) > 1 and data[1] not in {INFO, SECURITY, MESSAGE}):
        return Claim.NO
    if data[2:4] != bytes(len(data[2:4])) or (
        len(data) >= 8 and int.from_bytes(data[2:8], "big") > MAX_MESSAGE
    ):
        return Claim.NO
    if len(data) < HEADER_BYTES + 2:
        return Claim.MORE
    size = int.from_bytes(data[2:8], "big")
    if data[1] == INFO:
        words = data[HEADER_BYTES : HEADER_BYTES + min(size, 12)]
        if len(words) < min(size, 4):
            return Claim.MORE
        return Claim.YES if size >= 4 and readable(words[:4].replace(b"\n", b"x")) else Claim.NO
    if data[1] == MESSAGE:
        return (
            Claim.YES if size >= MESSAGE_BYTES and data[8] == MESSAGE_BYTES and data[9] < 0x80 else Claim.NO
        )
    if len(data) < 12:
        return Claim.MORE
    sane = 16 <= size < 4096 and data[8] == 0 and data[9] == 0 and data[10] in _SECURITY
    return Claim.YES if sane and 1 <= data[11] <= 4 else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 1024

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        self._waiting = self.paired(Queue())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        if len(data) - at < HEADER_BYTES:
            return 0
        size = int.from_bytes(data[at + 2 : at + 8], "big")
        if data[at] != 2 or data[at + 1] not in _TYPES or size > MAX_MESSAGE:
            raise ProtocolError("no message of Aerospike")
        return HEADER_BYTES + size

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        if self.client < 0:
            self.client = side
        kind, body = data[1], Cursor(data, HEADER_BYTES)
        asking = side == self.client
        told: dict[str, Any] = {}
        if kind == INFO and asking:
            words = body.rest().split(b"\n")[:MAX_NAMES]
            told["names"] = tuple([plain(one) for one in words if one])
        elif kind == MESSAGE and body.left >= MESSAGE_BYTES:
            told = _operation(body, asking)
        elif kind == SECURITY and body.left >= 16 and asking:
            told = _security(body)
        latency = None
        if asking:
            self._waiting.ask(now, side=side, said=_TYPES[kind])
        else:
            latency, _ = self._waiting.answer(now)
        return (
            AerospikeMessage(
                time=now,
                side=side,
                message="request" if asking else "response",
                kind=_TYPES[kind],
                latency=latency,
                **told,
            ),
        )


def _operation(body: Cursor, asking: bool) -> dict[str, Any]:
    size, read, write = body.u8(), body.u8(), body.u8()
    body.take(2)
    result = body.u8()
    body.take(12)
    fields = body.u16()
    body.take(2 + max(0, size - MESSAGE_BYTES))
    if not asking:
        return {"result": result}
    told = {"operation": "delete" if write & 2 else "write" if write & 1 else "read" if read & 1 else ""}
    for _ in range(min(fields, MAX_FIELDS)):
        if body.left < 5:
            break
        length = body.u32()
        kind = body.u8()
        value = body.take(max(0, min(length - 1, body.left)))
        if kind in {0, 1}:
            told["namespace" if kind == 0 else "set"] = plain(value)
    return told


def _security(body: Cursor) -> dict[str, Any]:
    body.take(2)
    command, fields = body.u8(), body.u8()
    body.take(12)
    told = {"operation": _SECURITY.get(command, f"command {command}")}
    for _ in range(min(fields, MAX_FIELDS)):
        if body.left < 5:
            break
        length = body.u32()
        kind = body.u8()
        value = body.take(max(0, min(length - 1, body.left)))
        if kind == 0:
            told["user"] = plain(value)
    return told
