"""MongoDB: every command with its database, collection, outcome and latency.

Recognised by a message header whose length and opcode make sense and by the BSON document behind it
(OP_MSG, OP_QUERY, OP_REPLY, OP_COMPRESSED; MongoDB manual, "Wire Protocol"), on any port. Documents and
payloads of logins are not kept: the mechanism, and for SCRAM the user's name, are. Compressed messages are
named as such and not opened; the legacy opcodes for writing are counted as what they are.
A password is a risk of the flow where it comes within the first 64 requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire import bson
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import bounded, plain, readable
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "mongodb"
PORTS = frozenset({("tcp", 27017), ("tcp", 27018), ("tcp", 27019)})
TRANSPORTS = frozenset({"tcp"})
FIRST = None

HEADER_BYTES = 16
MAX_MESSAGE = 48_000_000  # bytes; maxMessageSizeBytes of the server
MAX_COLLECTION = 255  # bytes of a full name

REPLY, UPDATE, INSERT, QUERY, MORE, DELETE, KILL, COMPRESSED, MSG = (
    1,
    2001,
    2002,
    2004,
    2005,
    2006,
    2007,
    2012,
    2013,
)
_LEGACY = {UPDATE: "update", INSERT: "insert", MORE: "getMore", DELETE: "delete", KILL: "killCursors"}
_COMPRESSORS = {0: "none", 1: "snappy", 2: "zlib", 3: "zstd"}
_OPENING = frozenset({REPLY, QUERY, COMPRESSED, MSG})
_KNOWN_FLAGS = 0x10003  # checksumPresent, moreToCome, exhaustAllowed


class MongodbCommand(Observation, kw_only=True):
    """A client sent a command."""

    TABLE = "mongodb"
    message: Annotated[str, says("command or reply.")] = "command"
    command: Annotated[str, says("Command: find, insert, hello, ... or compressed where it was not opened.")]
    database: Annotated[str, says("Database it is for.")] = ""
    collection: Annotated[str, says("Collection it is for.")] = ""
    application: Annotated[str, says("Name that the program gave itself.")] = ""
    driver: Annotated[str, says("Driver and its version, as announced.")] = ""
    mechanism: Annotated[str, says("How a login proves itself: SCRAM-SHA-256, PLAIN, ...")] = ""
    user: Annotated[str, says("User that logs in.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent in clear; it is not kept.")] = False
    compressor: Annotated[str, says("How the message is compressed.")] = ""


class MongodbLogin(MongodbCommand, kw_only=True):
    """A command with a password, among the first of its session."""

    RISKS: ClassVar = {"credentials": "cleartext-credentials"}


class MongodbReply(Observation, kw_only=True):
    """A server answered a command."""

    TABLE = "mongodb"
    message: Annotated[str, says("command or reply.")] = "reply"
    command: Annotated[str, says("The command this answers, where seen.")] = ""
    database: Annotated[str, says("Its database.")] = ""
    collection: Annotated[str, says("Its collection.")] = ""
    ok: Annotated[bool | None, says("Whether the server says that it succeeded.")] = None
    code: Annotated[int | None, says("Number of the error.")] = None
    error: Annotated[str, says("The server's error message.")] = ""
    affected: Annotated[int | None, says("Documents written, matched or counted (n).")] = None
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]
    latency: Annotated[int | None, says("From the command to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (MongodbCommand, MongodbLogin, MongodbReply)

SHAPES = {"tcp": Shape(starts=({3: b"\0\1\2", 14: b"\0", 15: b"\0"},))}  # length, opcode


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Length, opcode, and what must follow the opcode."""
    if len(data) < HEADER_BYTES:
        return (
            Claim.MORE
            if data[14:] == bytes(len(data[14:])) and data[3:4] in {b"", b"\0", b"\1", b"\2"}
            else Claim.NO
        )
    opcode = int.from_bytes(data[12:16], "little")
    if opcode not in _OPENING:
        return Claim.NO
    length = int.from_bytes(data[:4], "little")
    if not HEADER_BYTES + 5 < length <= MAX_MESSAGE:
        return Claim.NO
    if opcode == MSG:
        return _claims_msg(data, length)
    if opcode == QUERY:
        return _claims_query(data, length)
    if opcode == COMPRESSED:
        if len(data) < 25:
            return Claim.MORE
        return (
            Claim.YES
            if int.from_bytes(data[16:20], "little") in {MSG, QUERY, REPLY} and data[24] < 4
            else Claim.NO
        )
    if opcode != REPLY:
        return Claim.NO
    if len(data) < 40:
        return Claim.MORE
    return (
        _claims_document(data, 36, length) if data[8:12] != bytes(4) and data[17:20] == bytes(3) else Claim.NO
    )


def _claims_msg(data: bytes, length: int) -> Claim:
    if len(data) < 21:
        return Claim.MORE
    if int.from_bytes(data[16:20], "little") & ~_KNOWN_FLAGS or data[20] > 1:
        return Claim.NO
    if data[20] == 1:
        return Claim.YES
    return _claims_document(data, 21, length)


def _claims_query(data: bytes, length: int) -> Claim:
    end = data.find(b"\0", 20, 21 + MAX_COLLECTION)
    if end < 0:
        return Claim.MORE if len(data) < 21 + MAX_COLLECTION else Claim.NO
    name = data[20:end]
    if data[17:20] != bytes(3) or b"." not in name or not readable(name):
        return Claim.NO
    return _claims_document(data, end + 9, length)


def _claims_document(data: bytes, at: int, length: int) -> Claim:
    if len(data) < at + 6:
        return Claim.MORE
    size = int.from_bytes(data[at : at + 4], "little")
    return (
        Claim.YES
        if 5 <= size <= length - at and (data[at + 4] <= 0x13 or data[at + 4] in {0x7F, 0xFF})
        else Claim.NO
    )


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 4096

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        if len(data) - at < HEADER_BYTES:
            return 0
        size = int.from_bytes(data[at : at + 4], "little")
        opcode = int.from_bytes(data[at + 12 : at + 16], "little")
        if not HEADER_BYTES <= size <= MAX_MESSAGE or opcode not in {REPLY, QUERY, COMPRESSED, MSG, *_LEGACY}:
            raise ProtocolError("no message of MongoDB")
        return size

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        number, answers = data[4:8], data[8:12]
        opcode = int.from_bytes(data[12:16], "little")
        told: dict[str, Any] = {}
        if opcode == COMPRESSED:
            told = {
                "command": "compressed",
                "compressor": _COMPRESSORS.get(data[24] if size > 24 else 0, "?"),
            }
        elif opcode in _LEGACY:
            told = {"command": _LEGACY[opcode]}
            if opcode != KILL:
                told["database"], told["collection"] = _full_name(data)
        elif opcode == QUERY:
            told = _query(data)
        if answers != bytes(4) or opcode == REPLY:
            return (self._reply(side, data, size, now),)
        if opcode == MSG:
            told = _command(_body(data))
        more = opcode == MSG and data[16] & 2  # moreToCome: no answer will be sent
        if not more and (opcode not in _LEGACY or opcode == MORE):
            note = (told["command"], told.get("database", ""), told.get("collection", ""))
            self._waiting.renew(number, now, note, side=side, said=" ".join(filter(None, note)))
        kind = MongodbLogin if self.early() and told.get("credentials") else MongodbCommand
        return (kind(time=now, side=side, **told),)

    def _reply(self, side: Direction, data: bytes, size: int, now: int) -> Observation:
        opcode = int.from_bytes(data[12:16], "little")
        latency, asked = self._waiting.answer(data[8:12], now)
        fields: dict[str, Any] = {}
        if opcode == MSG:
            fields = _body(data)
        elif opcode == REPLY and size > 36 and len(data) > 40:
            fields = dict(bson.elements(data, 36))
        name, database, collection = asked or ("", "", "")
        code, affected = fields.get("code"), fields.get("n")
        return MongodbReply(
            time=now,
            side=side,
            command=name,
            database=database,
            collection=collection,
            ok=bool(fields["ok"]) if isinstance(fields.get("ok"), int | float) else None,
            code=code if isinstance(code, int) else None,
            error=_word(fields.get("errmsg") or fields.get("$err")),
            affected=int(affected) if isinstance(affected, int) else None,
            size_bytes=size,
            latency=latency,
        )


def _word(value: Any) -> str:
    return bounded(value) if isinstance(value, str) else ""


def _body(data: bytes) -> dict[str, Any]:
    """The fields of the body section; sections of documents in front of it are passed over."""
    at = 20
    while at < len(data):
        kind = data[at]
        if kind == 0:
            return dict(bson.elements(data, at + 1))
        if kind != 1 or len(data) - at < 5:
            raise ProtocolError("no section of OP_MSG")
        at += 1 + max(4, int.from_bytes(data[at + 1 : at + 5], "little"))
    return {}


def _full_name(data: bytes) -> tuple[str, str]:
    database, _, collection = plain(data[20 : 20 + MAX_COLLECTION].split(b"\0")[0]).partition(".")
    return database, collection


def _query(data: bytes) -> dict[str, Any]:
    """A command in a query of ``$cmd``, or a query of old."""
    database, collection = _full_name(data)
    end = data.find(b"\0", 20)
    if end < 0:
        raise ProtocolError("a name without end")
    if collection != "$cmd":
        return {"command": "query", "database": database, "collection": collection}
    told = _command(dict(bson.elements(data, end + 9)))
    told["database"] = database
    return told


def _command(fields: dict[str, Any]) -> dict[str, Any]:
    name = next(iter(fields), "")
    value = fields.get(name)
    told: dict[str, Any] = {
        "command": bounded(name, 64),
        "database": _word(fields.get("$db")),
        "collection": _word(value),
    }
    if name.lower() in {"hello", "ismaster"} and isinstance(fields.get("client"), bson.Nested):
        told["application"], told["driver"] = _client(fields["client"])
    if name == "saslStart":
        _login(told, fields)
    if name == "getMore":
        told["collection"] = _word(fields.get("collection"))
    return told


def _client(data: bytes) -> tuple[str, str]:
    parts = dict(bson.elements(data))
    inner = {
        key: dict(bson.elements(parts[key])) if isinstance(parts.get(key), bson.Nested) else {}
        for key in ("application", "driver")
    }
    driver = " ".join(
        filter(None, (_word(inner["driver"].get("name")), _word(inner["driver"].get("version"))))
    )
    return _word(inner["application"].get("name")), driver


def _login(told: dict[str, Any], fields: dict[str, Any]) -> None:
    mechanism, payload = _word(fields.get("mechanism")), fields.get("payload")
    told["mechanism"], told["collection"] = mechanism, ""
    if not isinstance(payload, bytes):
        return
    if mechanism == "PLAIN":
        told["credentials"] = True
        told["user"] = plain(payload.split(b"\0")[1]) if payload.count(b"\0") > 1 else ""
    elif mechanism.startswith("SCRAM"):
        name = next((part for part in payload.split(b",") if part.startswith(b"n=")), b"n=")
        told["user"] = plain(name[2:])
