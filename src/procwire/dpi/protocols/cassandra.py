"""Cassandra's CQL native protocol: who opens a session, every statement, its outcome and latency.

Recognised by the first frame of a client: OPTIONS, or STARTUP with its CQL_VERSION (Apache Cassandra,
``doc/native_protocol_v3.spec`` to ``v5.spec``), on any port; a session that was running already by a
statement on its own port. Passwords are reported as sent; values are not read. From version 5 on, what
follows READY or AUTHENTICATE stands in outer frames with checksums (``native_protocol_v5.spec`` section 2.1),
of which the first ``MAX_OUTER`` bytes are read. Compressed bodies are counted, not opened; where a session
of version 5 asks for compression, reading ends behind the login.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.statements import MAX_VERB, begins, statement
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "cassandra"
PORTS = frozenset({("tcp", 9042), ("tcp", 9142)})
TRANSPORTS = frozenset({"tcp"})
FIRST = bytes((3, 4, 5))

HEADER_BYTES = 9
MAX_BODY = 256 << 20  # bytes; section 2.5 of the specification
MAX_PREPARED = 128  # statements remembered by their id
MAX_OPTIONS = 32  # of one STARTUP
OUTER_BYTES = 6  # of an outer frame: length and flag, CRC-24; four of CRC-32 follow its payload
MAX_OUTER = 8192  # bytes of an outer frame, which holds several messages, that are read
_CRC24_START, _CRC24_TERMS = 0x875060, 0x1974F0B  # native_protocol_v5.spec section 2.2.1

_OPCODES = {0: "ERROR", 1: "STARTUP", 2: "READY", 3: "AUTHENTICATE", 5: "OPTIONS", 6: "SUPPORTED", 7: "QUERY",
            8: "RESULT", 9: "PREPARE", 10: "EXECUTE", 11: "REGISTER", 12: "EVENT", 13: "BATCH",
            14: "AUTH_CHALLENGE", 15: "AUTH_RESPONSE", 16: "AUTH_SUCCESS"}  # fmt: skip
_CONSISTENCY = ("ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_QUORUM", "EACH_QUORUM", "SERIAL",
                "LOCAL_SERIAL", "LOCAL_ONE")  # fmt: skip
_RESULTS = {1: "void", 2: "rows", 3: "keyspace", 4: "prepared", 5: "schema-change"}


class CassandraRequest(Observation, kw_only=True):
    """A client sent a frame."""

    TABLE = "cassandra"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("request or response.")] = "request"
    opcode: Annotated[str, says("STARTUP, QUERY, PREPARE, EXECUTE, BATCH, ...")]
    version: Annotated[int, says("Version of the protocol.")]
    query: Annotated[str, says("The statement, shortened; passwords in it are masked.")] = ""
    consistency: Annotated[str, says("Consistency asked for.")] = ""
    driver: Annotated[str, says("Driver and its version, as announced.")] = ""
    user: Annotated[str, says("User that logs in.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent in clear; it is not kept.")] = False


class CassandraResponse(Observation, kw_only=True):
    """A server answered, or told of an event."""

    TABLE = "cassandra"
    message: Annotated[str, says("request or response.")] = "response"
    opcode: Annotated[str, says("READY, RESULT, ERROR, EVENT, ...")]
    version: Annotated[int, says("Version of the protocol.")]
    query: Annotated[str, says("The statement this answers, where seen.")] = ""
    result: Annotated[str, says("void, rows, keyspace, prepared or schema-change.")] = ""
    keyspace: Annotated[str, says("Keyspace that is now used.")] = ""
    code: Annotated[int | None, says("Number of the error.")] = None
    error: Annotated[str, says("The server's error message.")] = ""
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (CassandraRequest, CassandraResponse)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """OPTIONS is empty; STARTUP begins its options with a name in capitals."""
    head = data[:HEADER_BYTES]
    if head[:1] not in {b"", b"\3", b"\4", b"\5"} or (head[1:2] or b"\0")[0] & ~0x10:
        return Claim.NO
    if len(head) > 4 and head[4] not in {1, 5}:
        return _claims_running(data, context)
    if len(data) < HEADER_BYTES:
        return Claim.MORE
    length = int.from_bytes(head[5:9], "big")
    if head[4] == 5:
        return Claim.NO if length else Claim.YES
    if len(data) < HEADER_BYTES + 12:
        return Claim.MORE
    options, size = int.from_bytes(data[9:11], "big"), int.from_bytes(data[11:13], "big")
    named = data[13:21].replace(b"_", b"A")
    sane = (
        1 <= options <= MAX_OPTIONS
        and 4 <= size <= 64
        and 14 < length < 4096
        and named.isupper()
        and named.isalpha()
    )
    return Claim.YES if sane else Claim.NO


def _claims_running(data: bytes, context: Context) -> Claim:
    """A statement in the middle of a session, on the port."""
    if (
        not {("tcp", context.src_port), ("tcp", context.dst_port)} & PORTS
        or data[4] not in {7, 9}
        or data[1] & 1
    ):
        return Claim.NO
    if len(data) < HEADER_BYTES + 4:
        return Claim.MORE
    size = int.from_bytes(data[9:13], "big")
    if not 4 <= size < int.from_bytes(data[5:9], "big") <= MAX_BODY:
        return Claim.NO
    if len(data) < HEADER_BYTES + 4 + min(size, MAX_VERB):
        return Claim.MORE
    return Claim.YES if begins(data[13 : 13 + min(size, MAX_VERB)]) else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 2048

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._waiting = self.paired(Pending())
        self._prepared: dict[bytes, str] = {}
        self._framed = self._packed = False
        self._open = [0, 0]  # bytes of a message that further outer frames of a side bring

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """See Cutter."""
        if self._framed:
            return _outer(data, at)
        if len(data) - at < HEADER_BYTES:
            return 0
        size = int.from_bytes(data[at + 5 : at + 9], "big")
        if data[at] & 0x7F not in {3, 4, 5} or data[at + 4] not in _OPCODES or size > MAX_BODY:
            raise ProtocolError("no frame of CQL")
        if self.client >= 0 and (data[at] & 0x80 == 0) != (side == self.client):
            raise ProtocolError("a frame of the other side")
        return HEADER_BYTES + size

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()
        self._open = [0, 0]

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        if self._framed:
            return self._inside(side, data[OUTER_BYTES : size - 4], size - OUTER_BYTES - 4, data[2] & 2, now)
        return self._one(side, data, now)

    def _inside(
        self, side: Direction, data: bytes, size: int, whole: int, now: int
    ) -> Iterable[Observation] | None:
        """The messages of an outer frame: several whole ones, or a part of one."""
        passed, self._open[side] = self._open[side], 0
        if not whole and passed:
            self._open[side] = max(0, passed - size)
            return None
        out: list[Observation] = []
        at = 0
        while len(data) - at >= HEADER_BYTES and _begins(side == self.client, data, at):
            length = HEADER_BYTES + int.from_bytes(data[at + 5 : at + 9], "big")
            out += self._one(side, data[at : at + min(length, self.LOOK)], now)
            at += length
            if not whole:
                self._open[side] = max(0, at - size)
                return out
        if whole and at < size and size > len(data):
            self.forget()  # what lies behind MAX_OUTER may be an answer
        return out

    def _one(self, side: Direction, data: bytes, now: int) -> tuple[Observation, ...]:
        if data[0] & 0x80:
            self.client = 1 - side
            return (self._response(side, data, now),)
        if self.client < 0 and data[4] not in {1, 5}:
            self.join(side)
        self.client = side
        return (self._request(side, data, now),)

    def _request(self, side: Direction, data: bytes, now: int) -> Observation:
        opcode, body = _OPCODES[data[4]], Cursor(data, HEADER_BYTES)
        told: dict[str, Any] = {}
        if data[1] & 1:
            pass  # compressed
        elif opcode in {"QUERY", "PREPARE"}:
            length = body.u32()
            told["query"] = statement(body.take(min(length, body.left)))
            if opcode == "QUERY" and body.left >= 2:
                told["consistency"] = _consistency(body.u16())
        elif opcode == "EXECUTE":
            told["query"] = self._prepared.get(body.prefixed(2), "")
        elif opcode == "STARTUP":
            options = _string_map(body)
            self._packed = "COMPRESSION" in options
            told["driver"] = " ".join(
                filter(None, (options.get("DRIVER_NAME", ""), options.get("DRIVER_VERSION", "")))
            )
        elif opcode == "AUTH_RESPONSE":
            parts = body.counted(4).split(b"\0")
            if len(parts) == 3:  # SASL PLAIN: authorization, user, password
                told.update(user=plain(parts[1]), credentials=True)
        query = told.get("query", "")
        said = f"{opcode} {query}".strip()
        self._waiting.renew(data[2:4], now, (opcode, query), side=side, said=said)
        return CassandraRequest(time=now, side=side, opcode=opcode, version=data[0], **told)

    def _response(self, side: Direction, data: bytes, now: int) -> Observation:
        opcode, body = _OPCODES[data[4]], Cursor(data, HEADER_BYTES)
        latency, asked = (None, None) if opcode == "EVENT" else self._waiting.answer(data[2:4], now)
        told: dict[str, Any] = {}
        if not data[1] & 1:
            if data[1] & 2:
                body.take(16)  # tracing id
            told = self._body(opcode, body, asked)
        self.settled = self.settled or opcode in {"READY", "AUTH_SUCCESS"}
        if opcode in {"READY", "AUTHENTICATE"} and data[0] & 0x7F >= 5 and not self._framed:
            self._framed, self.LOOK = True, MAX_OUTER
            if self._packed:
                self.close()
        return CassandraResponse(
            time=now,
            side=side,
            opcode=opcode,
            version=data[0] & 0x7F,
            query=asked[1] if asked else "",
            latency=latency,
            **told,
        )

    def _body(self, opcode: str, body: Cursor, asked: Any) -> dict[str, Any]:
        if opcode == "ERROR":
            return {"code": body.u32(), "error": plain(body.prefixed(2))}
        if opcode != "RESULT":
            return {}
        kind = _RESULTS.get(body.u32(), "unknown")
        if kind == "keyspace":
            return {"result": kind, "keyspace": plain(body.prefixed(2))}
        if kind == "prepared" and asked:
            self._prepared[body.prefixed(2)] = asked[1]
            if len(self._prepared) > MAX_PREPARED:
                del self._prepared[next(iter(self._prepared))]
        return {"result": kind}


def _begins(asking: bool, data: bytes, at: int) -> bool:
    """Whether a message of the side begins here, within an outer frame."""
    return data[at] == (5 if asking else 0x85) and data[at + 4] in _OPCODES


def _outer(data: bytes, at: int) -> int:
    """Length of an outer frame, whose head has a checksum of its own; 0 where more is needed."""
    if len(data) - at < OUTER_BYTES:
        return 0
    check = _CRC24_START
    for byte in data[at : at + 3]:
        check ^= byte << 16
        for _ in range(8):
            check <<= 1
            if check & 0x1000000:
                check ^= _CRC24_TERMS
    if check != int.from_bytes(data[at + 3 : at + OUTER_BYTES], "little"):
        raise ProtocolError("an outer frame with a wrong checksum")
    return OUTER_BYTES + (int.from_bytes(data[at : at + 3], "little") & 0x1FFFF) + 4


def _consistency(number: int) -> str:
    return _CONSISTENCY[number] if number < len(_CONSISTENCY) else str(number)


def _string_map(body: Cursor) -> dict[str, str]:
    return {plain(body.prefixed(2)): plain(body.prefixed(2)) for _ in range(min(body.u16(), MAX_OPTIONS))}
