"""PostgreSQL: who logs in to which database, every statement, its outcome and how long it took.

Recognised by the startup packet of protocol 3 or by a request for TLS, GSSAPI or a cancellation (PostgreSQL
documentation, chapter "Frontend/Backend Protocol"), on any port. Behind an accepted request for TLS the
stream is handed on. Passwords are reported as sent, and masked in statements; rows are counted by the
server's own tag, never read. A session that was running already is recognised on its own port by a statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Queue
from procwire.dpi.wire.statements import MAX_VERB, begins, statement
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "postgresql"
PORTS = frozenset({("tcp", 5432), ("tcp", 5433), ("tcp", 6432)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\0QP"

MAX_STARTUP = 10_000  # bytes; MAX_STARTUP_PACKET_LENGTH of the server
MAX_MESSAGE = 1 << 30  # bytes; the server's own bound of a message
MAX_NAME = 64  # bytes of a prepared statement's name; NAMEDATALEN of the server
MAX_STATEMENTS = 64  # prepared statements and portals remembered by name

CANCEL, TLS, GSSAPI = 80877102, 80877103, 80877104
_ASKED = {TLS: "tls", GSSAPI: "gssapi", CANCEL: "cancel"}
_METHODS = {2: "kerberos", 3: "password", 5: "md5", 7: "gssapi", 9: "sspi", 10: "sasl"}
_CLIENT = frozenset(b"BCDEFHPQSXcdfp")
_SERVER = frozenset(b"123ACDEGHIKNRSTVWZcdnstv")


class PostgresqlStartup(Observation, kw_only=True):
    """A client opened a session, or asked for something else first."""

    TABLE = "postgresql"
    message: Annotated[str, says("startup, login, query or result.")] = "startup"
    request: Annotated[str, says("session, or tls, gssapi or cancel.")]
    user: Annotated[str, says("Role that logs in.")] = ""
    database: Annotated[str, says("Database asked for; the server takes the role's name for none.")] = ""
    application: Annotated[str, says("Name that the program gave itself.")] = ""
    version: Annotated[str, says("Protocol version.")] = ""
    replication: Annotated[bool, says("Whether it is a replication session.")] = False


class PostgresqlLogin(Observation, kw_only=True):
    """How the login went."""

    TABLE = "postgresql"
    RISKS: ClassVar = {"clear": "cleartext-credentials"}
    message: Annotated[str, says("startup, login, query or result.")] = "login"
    method: Annotated[str, says("How the role proved itself: trust, password, md5, scram-sha-256, ...")]
    clear: Annotated[bool, says("Whether the password was sent in clear; it is not kept.")]
    accepted: Annotated[bool, says("Whether the server let the client in.")]
    error: Annotated[str, says("The server's error message.")] = ""
    code: Annotated[str, says("SQLSTATE of the error.")] = ""
    latency: Annotated[int | None, says("From the startup to the outcome.", kind=Kind.DURATION)] = None


class PostgresqlQuery(Observation, kw_only=True):
    """A client sent a statement."""

    TABLE = "postgresql"
    message: Annotated[str, says("startup, login, query or result.")] = "query"
    kind: Annotated[str, says("simple, parse, execute or function.")]
    query: Annotated[str, says("The statement, shortened; passwords in it are masked.")]
    statement: Annotated[str, says("Name of the prepared statement.")] = ""


class PostgresqlResult(Observation, kw_only=True):
    """A statement was carried out, or was refused."""

    TABLE = "postgresql"
    message: Annotated[str, says("startup, login, query or result.")] = "result"
    query: Annotated[str, says("The statement this answers, where seen.")] = ""
    tag: Annotated[str, says("What was done, as the server says: SELECT 5, INSERT 0 1, ...")] = ""
    severity: Annotated[str, says("Severity of the error.")] = ""
    code: Annotated[str, says("SQLSTATE of the error.")] = ""
    error: Annotated[str, says("The server's error message.")] = ""
    latency: Annotated[int | None, says("From the statement to this outcome.", kind=Kind.DURATION)] = None


OBSERVATIONS = (PostgresqlStartup, PostgresqlLogin, PostgresqlQuery, PostgresqlResult)

SHAPES = {
    "tcp": Shape(
        starts=(
            {0: b"QP", 1: b"\0"},
            {0: b"\0", 1: b"\0", 4: b"\0", 5: b"\3"},
            {0: b"\0", 1: b"\0", 4: b"\4", 5: b"\xd2"},
        )
    )
}
_CODES = frozenset({b"", b"\0", b"\0\3", b"\4", b"\4\xd2"})  # how a version or a code of _ASKED begins


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Length and code of a startup packet; a version must be followed by the first parameter's name."""
    if data[:1] in {b"Q", b"P"}:
        return _claims_running(data, context)
    length = int.from_bytes(data[:4], "big")
    if data[:2] != bytes(min(2, len(data))) or (len(data) >= 4 and not 8 <= length <= MAX_STARTUP):
        return Claim.NO
    if data[4:6] not in _CODES:
        return Claim.NO
    if len(data) < 8:
        return Claim.MORE
    code = int.from_bytes(data[4:8], "big")
    if code in _ASKED:
        exact = length in ({16} if code == CANCEL else {8}) or (code == CANCEL and length <= 268)
        return Claim.YES if exact else Claim.NO
    if code >> 16 != 3 or code & 0xFFFF > 9999:
        return Claim.NO
    if len(data) < 9:
        return Claim.MORE
    return Claim.YES if length > 9 and data[8:9].isalpha() else Claim.NO


def _claims_running(data: bytes, context: Context) -> Claim:
    """A statement in the middle of a session, on the port."""
    if not {("tcp", context.src_port), ("tcp", context.dst_port)} & PORTS or data[1:2] not in {b"", b"\0"}:
        return Claim.NO
    at = 5 if data[0] == 0x51 else data.find(b"\0", 5, 5 + MAX_NAME) + 1
    if len(data) >= 5 and not 6 <= int.from_bytes(data[1:5], "big") <= MAX_MESSAGE:
        return Claim.NO
    if not at:
        return Claim.MORE if len(data) < 5 + MAX_NAME else Claim.NO
    end = min(1 + int.from_bytes(data[1:5], "big"), at + MAX_VERB)
    if len(data) < max(end, 6):
        return Claim.MORE
    return Claim.YES if begins(data[at:end]) else Claim.NO


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 2048

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._started = False
        self._asked = 0  # code of a request that is answered by one byte
        self._since: int | None = None
        self._method = "trust"
        self._sent = False  # a password
        self._in = False
        self._names: dict[tuple[str, str], str] = {}
        self._queries = self.paired(Queue())

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """See Cutter: a type and a length, but for the first of a client and a byte of a server."""
        if self._asked and side != self.client:
            return 1
        if self.client < 0 and data[at] in b"QP":
            self.join(side)
            self._started = self._in = self.settled = True
        head = 0 if side == self.client or self.client < 0 else 1
        if self._started:
            head = 1
        if len(data) - at < head + 4:
            return 0
        length = int.from_bytes(data[at + head : at + head + 4], "big")
        if not head:
            if not 8 <= length <= MAX_STARTUP:
                raise ProtocolError("no startup packet")
        elif length < 4 or length > MAX_MESSAGE:
            raise ProtocolError("a message of no sane length")
        elif data[at] not in (_CLIENT if side == self.client else _SERVER):
            raise ProtocolError("no message of this type")
        return head + length

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        if self.client < 0:
            self.client = side
        if side != self.client:
            return self._answered(side, data, now) if self._asked else self._server(side, data, now)
        if not self._started:
            return (self._startup(side, data, now),)
        return self._client(side, data, now)

    def resumes(self, side: Direction, data: bytes) -> bool:
        """See Cutter."""
        return self.aligned(side, data)

    def forget(self) -> None:
        """See Cutter."""
        self._queries.clear()

    # ---- before the session

    def _startup(self, side: Direction, data: bytes, now: int) -> Observation:
        code = int.from_bytes(data[4:8], "big")
        if code in _ASKED:
            self._asked = code if code != CANCEL else 0
            if code == CANCEL:
                self.close()
            return PostgresqlStartup(time=now, side=side, request=_ASKED[code])
        if code >> 16 != 3:
            raise ProtocolError("no startup packet of version 3")
        self._started, self._since = True, now
        told = _parameters(data[8:])
        return PostgresqlStartup(
            time=now,
            side=side,
            request="session",
            user=told.get("user", ""),
            database=told.get("database", ""),
            application=told.get("application_name", ""),
            version=f"{code >> 16}.{code & 0xFFFF}",
            replication=told.get("replication", "false").lower() not in {"false", "off", "no", "0", "f"},
        )

    def _answered(self, side: Direction, data: bytes, now: int) -> Iterable[Observation] | None:
        asked, self._asked = self._asked, 0
        if data == b"S" and asked == TLS:
            return (self.hand_on(side, "tls", now),)
        if data == b"G" and asked == GSSAPI:
            self.close()  # ciphertext follows
        elif data == b"E":  # an old server: an error, then it hangs up
            self.close()
        elif data != b"N":
            raise ProtocolError("no answer to a request for encryption")
        return None

    # ---- what the client says

    def _client(self, side: Direction, data: bytes, now: int) -> Iterable[Observation] | None:
        kind, body = data[0], Cursor(data, 5)
        if kind == 0x51:  # Q
            return (self._ask(side, "simple", "", _text(body), now),)
        if kind == 0x50:  # P
            name = plain(body.until())
            text = self._remember("s", name, _text(body))
            return (PostgresqlQuery(time=now, side=side, kind="parse", query=text, statement=name),)
        if kind == 0x42:  # B
            portal, name = plain(body.until()), plain(body.until())
            self._remember("p", portal, self._names.get(("s", name), ""))
        elif kind == 0x45:  # E
            return (self._ask(side, "execute", "", self._names.get(("p", plain(body.until())), ""), now),)
        elif kind == 0x46:  # F
            return (self._ask(side, "function", "", f"function {body.u32()}", now),)
        elif kind == 0x53:  # S
            self._queries.ask(now, ("sync", ""))
        elif kind == 0x70:  # p
            self._sent = True
        return None

    def _remember(self, sort: str, name: str, text: str) -> str:
        self._names.pop((sort, name), None)
        self._names[sort, name] = text
        if len(self._names) > MAX_STATEMENTS:
            del self._names[next(iter(self._names))]
        return text

    def _ask(self, side: Direction, kind: str, name: str, text: str, now: int) -> Observation:
        self._queries.ask(now, (kind, text), side=side, said=text or kind)
        return PostgresqlQuery(time=now, side=side, kind=kind, query=text, statement=name)

    # ---- what the server says

    def _server(self, side: Direction, data: bytes, now: int) -> Iterable[Observation] | None:
        kind = data[0]
        if kind == 0x52:  # R
            return self._authentication(side, Cursor(data, 5), now)
        if kind == 0x45:  # E
            return self._error(side, data, now)
        if kind in b"CsI" and self._in:
            tag = plain(Cursor(data, 5).until()) if kind == 0x43 else ""
            waiting = self._queries.peek(now)
            if waiting[1] and waiting[1][0] == "execute":
                self._queries.answer(now)
            return (self._result(side, waiting, now, {"tag": tag}),)
        if kind == 0x5A:  # Z
            while (done := self._queries.answer(now)[1]) and done[0] == "execute":
                pass
        return None

    def _authentication(self, side: Direction, body: Cursor, now: int) -> Iterable[Observation] | None:
        code = body.u32()
        if code == 0:
            self._in = self.settled = True
            return (self._login(side, now, accepted=True),)
        if code in _METHODS:
            self._method = _METHODS[code]
            if code == 10:
                self._method = plain(body.until()).lower()
        elif code not in {8, 11, 12}:
            raise ProtocolError("no authentication of this kind")
        return None

    def _login(
        self, side: Direction, now: int, *, accepted: bool, error: str = "", code: str = ""
    ) -> Observation:
        latency = None if self._since is None else now - self._since
        return PostgresqlLogin(
            time=now,
            side=side,
            method=self._method,
            clear=self._sent and self._method == "password",
            accepted=accepted,
            error=error,
            code=code,
            latency=latency,
        )

    def _error(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        told = _fields(data[5:])
        code, error = told.get("C", ""), told.get("M", "")
        if not self._in:
            return (self._login(side, now, accepted=False, error=error, code=code),)
        severity = told.get("V", told.get("S", ""))
        return (
            self._result(
                side, self._queries.peek(now), now, {"severity": severity, "code": code, "error": error}
            ),
        )

    def _result(
        self, side: Direction, waiting: tuple[int | None, Any], now: int, told: dict[str, str]
    ) -> Observation:
        latency, asked = waiting
        query = asked[1] if asked else ""
        return PostgresqlResult(time=now, side=side, query=query, latency=latency, **told)


def _text(body: Cursor) -> str:
    """A text up to its NUL, or as far as it is read."""
    return statement(body.rest().split(b"\0", 1)[0])


def _parameters(data: bytes) -> dict[str, str]:
    parts = data.split(b"\0")
    return {plain(key): plain(value) for key, value in zip(parts[::2], parts[1::2], strict=False) if key}


def _fields(data: bytes) -> dict[str, str]:
    return {chr(part[0]): plain(part[1:]) for part in data.split(b"\0") if part}
