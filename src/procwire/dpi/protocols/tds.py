"""Microsoft SQL Server (TDS): prelogin, login, every batch and procedure call, errors and latency.

Recognised by a PRELOGIN packet whose options make sense, by a LOGIN7 packet ([MS-TDS] sections 2.2.6.5 and
2.2.6.4), or in mid-session by a request with its transaction header, on any port; logins and requests of
older versions only on its own. TLS runs inside TDS packets: its hellos and certificates are read as those of
any TLS; where only the login is encrypted, what follows it is read again. The password of a login in clear is
reported as sent; rows are not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire import tds_message, tls_inside
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.statements import statement
from procwire.dpi.wire.text import bounded, plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "tds"
PORTS = frozenset({("tcp", 1433)})
TRANSPORTS = frozenset({"tcp"})
FIRST = bytes((1, 2, 3, 14, 0x10, 0x12))

HEADER_BYTES = 8
ONE = "one"  # key of the request under way
MAX_PACKET = 32767  # bytes; section 2.2.3.1
MAX_CIPHERTEXT = 16384 + 2048  # bytes of a TLS record

ALL_HEADERS = bytes.fromhex("16000000120000000200")  # one header, of transactions; section 2.2.5.3

BATCH, LOGIN_OLD, RPC, RESPONSE, ATTENTION, BULK, LOGIN, SSPI, PRELOGIN = 1, 2, 3, 4, 6, 7, 0x10, 0x11, 0x12
_TYPES = {BATCH: "batch", RPC: "rpc", RESPONSE: "response", ATTENTION: "attention", BULK: "bulk",
          8: "fedauth",
          14: "transaction", LOGIN: "login", SSPI: "sspi", PRELOGIN: "prelogin",
          LOGIN_OLD: "login"}  # fmt: skip
_ENCRYPTION = {0: "login-only", 1: "on", 2: "not-supported", 3: "required"}
_LOGIN_FIELDS = (
    "host",
    "user",
    "password",
    "application",
    "server",
    "unused",
    "library",
    "language",
    "database",
)


class TdsPrelogin(Observation, kw_only=True):
    """One side's offer before the login."""

    TABLE = "tds"
    message: Annotated[str, says("prelogin, encrypted, login, outcome, request or response.")] = "prelogin"
    version: Annotated[str, says("Version of the library or the server.")] = ""
    encryption: Annotated[str, says("on, required, login-only or not-supported.")] = ""
    instance: Annotated[str, says("Instance asked for.")] = ""


class TdsEncrypted(Observation, kw_only=True):
    """TLS begins inside TDS packets."""

    TABLE = "tds"
    message: Annotated[str, says("prelogin, encrypted, login, outcome, request or response.")] = "encrypted"


class TdsLogin(Observation, kw_only=True):
    """A client logs in, in clear."""

    TABLE = "tds"
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    message: Annotated[str, says("prelogin, encrypted, login, outcome, request or response.")] = "login"
    user: Annotated[str, says("Account that logs in; empty for an integrated login.")] = ""
    host: Annotated[str, says("Name of the client's machine, as it says.")] = ""
    application: Annotated[str, says("Name of the program, as it says.")] = ""
    server: Annotated[str, says("Server that was asked for.")] = ""
    library: Annotated[str, says("Client library.")] = ""
    database: Annotated[str, says("Database asked for.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent, hardly disguised; it is not kept.")] = (
        False
    )
    integrated: Annotated[bool, says("Whether the login is by Kerberos or NTLM (SSPI).")] = False


class TdsRequest(Observation, kw_only=True):
    """A client sent a batch, a procedure call or another request."""

    TABLE = "tds"
    message: Annotated[str, says("prelogin, encrypted, login, outcome, request or response.")] = "request"
    kind: Annotated[str, says("batch, rpc, transaction, bulk, attention, ...")]
    query: Annotated[str, says("The statement, shortened; passwords in it are masked.")] = ""
    procedure: Annotated[str, says("Procedure that is called.")] = ""


class TdsResponse(Observation, kw_only=True):
    """The start of a server's answer, to a login or a request."""

    TABLE = "tds"
    message: Annotated[str, says("prelogin, encrypted, login, outcome, request or response.")] = "response"
    kind: Annotated[str, says("Kind of the request this answers.")] = ""
    query: Annotated[str, says("Its statement.")] = ""
    server_software: Annotated[str, says("Program and version, in answer to a login.")] = ""
    accepted: Annotated[bool | None, says("Whether a login was accepted.")] = None
    database: Annotated[str, says("Database that is now used.")] = ""
    code: Annotated[int | None, says("Number of the error.")] = None
    error: Annotated[str, says("The server's error message.")] = ""
    latency: Annotated[
        int | None, says("From the request to the start of this answer.", kind=Kind.DURATION)
    ] = None


OBSERVATIONS = (
    TdsPrelogin, TdsEncrypted, TdsLogin, TdsRequest, TdsResponse, *tls_inside.OBSERVATIONS,
)  # fmt: skip


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A packet header, and the first option of a prelogin, the lengths of a login, or ALL_HEADERS."""
    if (data[:1] and data[0] not in FIRST) or (data[1:2] and data[1] & ~9):
        return Claim.NO
    if data[4:6] not in {b"", b"\0", b"\0\0"} or data[7:8] not in {b"", b"\0"}:
        return Claim.NO
    if data[:1] == b"\2":
        return _claims_login(data, context)
    begun = data[:1] and data[0] < LOGIN
    if begun and data[8:18] != ALL_HEADERS[: len(data[8:18])]:
        return _claims_old(data, context)
    length = int.from_bytes(data[2:4], "big")
    if len(data) >= 4 and not HEADER_BYTES + 6 <= length <= MAX_PACKET:
        return Claim.NO
    if len(data) < HEADER_BYTES + 12:
        return Claim.MORE
    if begun:
        return Claim.YES
    if data[0] == PRELOGIN:
        offset, size = int.from_bytes(data[9:11], "big"), int.from_bytes(data[11:13], "big")
        sane = data[8] == 0 and offset % 5 == 1 and offset + size <= length and size == 6
        return Claim.YES if sane else Claim.NO
    inner, version = int.from_bytes(data[8:12], "little"), data[15]
    sane = 86 <= inner <= MAX_PACKET and 0x70 <= version <= 0x74 and inner + HEADER_BYTES <= max(length, 4096)
    return Claim.YES if sane else Claim.NO


def _claims_login(data: bytes, context: Context) -> Claim:
    """A login record of TDS 4.2, on the port: of fixed size, its texts no longer than their fields."""
    if 1433 not in {context.src_port, context.dst_port}:
        return Claim.NO
    if len(data) < HEADER_BYTES + 62:
        return Claim.MORE
    sane = 512 <= int.from_bytes(data[2:4], "big") <= 600 and data[38] <= 30 and data[69] <= 30
    return Claim.YES if sane else Claim.NO


def _claims_old(data: bytes, context: Context) -> Claim:
    """A request without ALL_HEADERS, as before TDS 7.2: on the port, by its text in UTF-16."""
    if 1433 not in {context.src_port, context.dst_port} or data[0] not in {BATCH, RPC}:
        return Claim.NO
    at = HEADER_BYTES if data[0] == BATCH else HEADER_BYTES + 2
    if len(data) < at + 8:
        return Claim.MORE
    text = data[at : at + 8]
    sane = not any(text[1::2]) and text[::2].isascii() and text[::2].decode().isprintable()
    return Claim.YES if sane and 18 <= int.from_bytes(data[2:4], "big") <= MAX_PACKET else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 4096

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._encrypted = False
        self._tls: tls_inside.Inside | None = tls_inside.Inside()
        self._whole = True  # the packet in hand
        self._inside = [False, False]  # in the middle of a message of several packets
        self._asked = self.paired(Pending())  # one at a time

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter: a packet, or behind the handshake a record of TLS."""
        if len(data) - at < HEADER_BYTES:
            return 0
        if self._encrypted and 0x14 <= data[at] <= 0x17 and data[at + 1] == 3:
            size = 5 + int.from_bytes(data[at + 3 : at + 5], "big")
            if size > 5 + MAX_CIPHERTEXT:
                raise ProtocolError("no record of TLS")
            return size
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at] not in _TYPES or size < HEADER_BYTES or data[at + 7]:
            raise ProtocolError("no packet of TDS")
        return size

    def forget(self) -> None:
        """See Cutter."""
        self._tls = None
        self._asked.clear()
        self._inside = [False, False]

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        if self._encrypted and data[1] == 3 and 0x14 <= data[0] <= 0x17:
            return None
        self._whole = size <= self.LOOK
        inside, self._inside[side] = self._inside[side], not data[1] & 1
        if inside:
            sealed = self._encrypted and data[0] == PRELOGIN
            return self._handshake(side, data[HEADER_BYTES:], now) if sealed else None
        kind, body = data[0], Cursor(data, HEADER_BYTES, "little")
        if kind == PRELOGIN or (kind == RESPONSE and (self._asked.peek(ONE) or ("",))[0] == "prelogin"):
            return self._prelogin(side, body, now)
        if self.client < 0:
            self.client = side
        if kind == LOGIN_OLD:
            self._ask(side, "login", now)
            return (_login_old(side, body, now),)
        if kind == LOGIN:
            self._ask(side, "login", now)
            return (_login(side, body, now),)
        if kind == RESPONSE:
            return self._response(side, body, now)
        if side != self.client:
            raise ProtocolError("a request of the server")
        told: dict[str, str] = {}
        if kind == BATCH:
            told["query"] = statement(tds_message.wide(tds_message.behind_headers(body)))
        elif kind == RPC:
            told = tds_message.call(body)
        if kind != SSPI:
            self._ask(side, _TYPES[kind], now, told.get("query", ""), told.get("procedure", ""))
        return (TdsRequest(time=now, side=side, kind=_TYPES[kind], **told),)

    def _ask(self, side: Direction, kind: str, now: int, query: str = "", procedure: str = "") -> None:
        said = " ".join(filter(None, (kind, query or procedure)))
        self._asked.renew(ONE, now, (kind, query), side=side, said=said)

    def _prelogin(self, side: Direction, body: Cursor, now: int) -> Iterable[Observation] | None:
        if body.left and 0x14 <= body.data[body.at] <= 0x17:
            first, self._encrypted = not self._encrypted, True
            told = (TdsEncrypted(time=now, side=side),) if first else ()
            return (*told, *self._handshake(side, body.rest(), now))
        if self.client < 0:
            self.client = side
        if side == self.client:
            self._ask(side, "prelogin", now)
        else:
            self._asked.clear()
        options = tds_message.options(body)
        version = options.get(0, b"")
        encryption = options.get(1, b"")
        return (
            TdsPrelogin(
                time=now,
                side=side,
                version=tds_message.version_of(version),
                encryption=_ENCRYPTION.get(encryption[0] & 0x1F, str(encryption[0])) if encryption else "",
                instance=bounded(options.get(2, b"").split(b"\0")[0].decode("latin-1"))
                if side == self.client
                else "",
            ),
        )

    def _handshake(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """Pieces of TLS up to the first that is encrypted; one that is not whole here ends the reading."""
        seen: list[Observation] = []
        if self._tls is None or self._tls.over:
            return seen
        try:
            seen += self._tls.feed(side, data, now)
        except ProtocolError:
            self._tls = None
        if not self._whole:
            self._tls = None
        return seen

    def _response(self, side: Direction, body: Cursor, now: int) -> Iterable[Observation]:
        latency, asked = self._asked.answer(ONE, now)
        told = tds_message.tokens(body)
        kind = asked[0] if asked else ""
        if kind == "login":
            self.settled = True
            told["accepted"] = "server_software" in told
        return (
            TdsResponse(
                time=now,
                side=side,
                kind=kind,
                query=asked[1] if asked else "",
                latency=latency,
                **told,
            ),
        )


def _login(side: Direction, body: Cursor, now: int) -> Observation:
    """Section 2.2.6.4: fixed fields, then (offset, characters) of each text."""
    start = body.at
    body.take(24)
    body.take(1)
    flags = body.u8()
    body.take(10)
    told: dict[str, str] = {}
    for name in _LOGIN_FIELDS:
        offset, size = body.u16(), body.u16()
        told[name] = (
            bounded(tds_message.wide(body.data[start + offset : start + offset + 2 * size]))
            if size <= 1024
            else ""
        )
    return TdsLogin(
        time=now,
        side=side,
        credentials=bool(told["password"]),
        integrated=bool(flags & 0x80),
        **{name: told[name] for name in ("user", "host", "application", "server", "library", "database")},
    )


def _login_old(side: Direction, body: Cursor, now: int) -> Observation:
    """The record of TDS 4.2: texts in fields of 30 bytes, the length behind each."""
    texts = []
    for _ in range(3):
        field = body.take(30)
        texts.append(field[: min(30, body.u8())])
    host, user, password = texts
    return TdsLogin(time=now, side=side, host=plain(host), user=plain(user), credentials=bool(password))
