"""MySQL and MariaDB: the server's version, who logs in, every command with its outcome and latency.

Recognised by the server's greeting of protocol version 10, or its refusal of a host (MySQL internals
documentation, "Client/Server Protocol"), on any port. Behind a client's request for TLS the stream is handed
on. Passwords are reported as sent, and masked in statements; rows are not read. Where both ends agree on
compression, what follows the login is not read. A session that was running already is recognised on its own
port, by a statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.statements import MAX_VERB, begins, statement
from procwire.dpi.wire.text import plain, readable
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "mysql"
PORTS = frozenset({("tcp", 3306), ("tcp", 3307)})
TRANSPORTS = frozenset({"tcp"})
FIRST = None

MAX_GREETING = 255  # bytes: version, plugin name and fixed fields
MAX_VERSION = 100  # characters
MAX_ATTRIBUTES = 32  # of a connection
MAX_EMPTY = 64  # empty packets in a row; one ends a packet of 16 MiB

PROTOCOL_41, TLS, COMPRESS = 0x200, 0x800, 0x20
WITH_DB, PLUGIN, ATTRIBUTES, COUNTED, ZSTD = 0x8, 0x80000, 0x100000, 0x200000, 1 << 26
OK, ERROR, LOCAL_FILE, SWITCH = 0x00, 0xFF, 0xFB, 0xFE
_REFUSED = frozenset({1040, 1129, 1130, 1203, 1226})  # what a server says instead of a greeting
_COMMANDS = {
    0: "sleep", 1: "quit", 2: "init-db", 3: "query", 4: "field-list", 5: "create-db", 6: "drop-db",
    7: "refresh", 8: "shutdown", 9: "statistics", 10: "process-info", 12: "process-kill", 13: "debug",
    14: "ping", 17: "change-user", 18: "binlog-dump", 20: "connect-out", 21: "register-slave",
    22: "prepare", 23: "execute", 24: "send-long-data", 25: "close-statement", 26: "reset-statement",
    27: "set-option", 28: "fetch", 30: "binlog-dump-gtid", 31: "reset-connection", 250: "bulk-execute",
}  # fmt: skip
_SILENT = frozenset({1, 24, 25})  # commands without an answer
_STREAMS = frozenset({18, 30})  # what follows has no end


class MysqlGreeting(Observation, kw_only=True):
    """A server named itself."""

    TABLE = "mysql"
    message: Annotated[str, says("greeting, login, outcome, command or result.")] = "greeting"
    version: Annotated[str, says("Version of the server.")] = ""
    plugin: Annotated[str, says("Authentication that the server proposes.")] = ""
    offers_tls: Annotated[bool, says("Whether the server offers TLS.")] = False
    error: Annotated[str, says("Why the server would not talk.")] = ""
    code: Annotated[int | None, says("Number of that error.")] = None


class MysqlLogin(Observation, kw_only=True):
    """A client asked to be let in, or for TLS first."""

    TABLE = "mysql"
    RISKS: ClassVar = {"clear": "cleartext-credentials"}
    message: Annotated[str, says("greeting, login, outcome, command or result.")] = "login"
    user: Annotated[str, says("Account that logs in.")] = ""
    database: Annotated[str, says("Database asked for.")] = ""
    plugin: Annotated[str, says("Authentication that the client uses.")] = ""
    clear: Annotated[bool, says("Whether the password was sent in clear; it is not kept.")] = False
    tls: Annotated[bool, says("Whether the client goes on with TLS.")] = False
    program: Annotated[str, says("Program, as it calls itself.")] = ""
    client: Annotated[str, says("Client library and version, as announced.")] = ""


class MysqlOutcome(Observation, kw_only=True):
    """How the login went."""

    TABLE = "mysql"
    RISKS: ClassVar = {"clear": "cleartext-credentials"}
    message: Annotated[str, says("greeting, login, outcome, command or result.")] = "outcome"
    accepted: Annotated[bool, says("Whether the server let the client in.")]
    plugin: Annotated[str, says("Authentication that was used in the end.")] = ""
    error: Annotated[str, says("The server's error message.")] = ""
    code: Annotated[int | None, says("Number of the error.")] = None
    latency: Annotated[int | None, says("From the login to the outcome.", kind=Kind.DURATION)] = None

    @property
    def clear(self) -> bool:
        """Whether the password was sent in clear."""
        return self.plugin == "mysql_clear_password"


class MysqlCommand(Observation, kw_only=True):
    """A client sent a command."""

    TABLE = "mysql"
    message: Annotated[str, says("greeting, login, outcome, command or result.")] = "command"
    command: Annotated[str, says("Command: query, prepare, execute, ping, ...")]
    query: Annotated[str, says("The statement or the name given, shortened; passwords masked.")] = ""


class MysqlResult(Observation, kw_only=True):
    """The first of a server's answer to a command."""

    TABLE = "mysql"
    message: Annotated[str, says("greeting, login, outcome, command or result.")] = "result"
    command: Annotated[str, says("The command this answers.")]
    query: Annotated[str, says("Its statement.")] = ""
    result: Annotated[str, says("ok, rows, file or error.")]
    columns: Annotated[int | None, says("Columns of the rows that follow.")] = None
    affected: Annotated[int | None, says("Rows that were changed.")] = None
    code: Annotated[int | None, says("Number of the error.")] = None
    error: Annotated[str, says("The server's error message.")] = ""
    latency: Annotated[int, says("From the command to the start of the answer.", kind=Kind.DURATION)]


OBSERVATIONS = (MysqlGreeting, MysqlLogin, MysqlOutcome, MysqlCommand, MysqlResult)

SHAPES = {"tcp": Shape(starts=({3: b"\0", 4: bytes((3, 10, ERROR))},))}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Sequence number 0, version 10, a printable version, and the filler behind the salt's first part."""
    size = len(data)
    if size < 4:
        return Claim.MORE if data[3:] == bytes(len(data[3:])) else Claim.NO
    if data[3]:
        return Claim.NO
    if data[4:5] == b"\3":
        return _claims_running(data, context)
    if not 20 <= int.from_bytes(data[:3], "little") <= MAX_GREETING:
        return Claim.NO
    if size < 5:
        return Claim.MORE
    if data[4] == ERROR:
        return _refusal(data)
    if data[4] != 10:
        return Claim.NO
    end = data.find(b"\0", 5, 5 + MAX_VERSION + 1)
    text = data[5 : end if end >= 0 else 5 + MAX_VERSION + 1]
    if text and not (text[:1].isdigit() and readable(text)):
        return Claim.NO
    if end < 0:
        return Claim.NO if len(text) > MAX_VERSION else Claim.MORE
    if not text or data[0] | data[1] << 8 < end + 10:
        return Claim.NO
    if size < end + 14:
        return Claim.MORE
    return Claim.YES if data[end + 13] == 0 else Claim.NO


def _refusal(data: bytes) -> Claim:
    if len(data) < 12:
        return Claim.MORE
    code = int.from_bytes(data[5:7], "little")
    return Claim.YES if code in _REFUSED and readable(data[7:12]) else Claim.NO


def _claims_running(data: bytes, context: Context) -> Claim:
    """A statement in the middle of a session, on the port."""
    end = min(4 + int.from_bytes(data[:3], "little"), 5 + MAX_VERB)
    if not {("tcp", context.src_port), ("tcp", context.dst_port)} & PORTS or end < 8:
        return Claim.NO
    if len(data) < end:
        return Claim.MORE
    return Claim.YES if begins(data[5:end]) else Claim.NO


class Parser(Cutter):
    """See contract.Parser; ``client`` is the side that did not greet."""

    LOOK = 1536

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._greeted = self._in = False
        self._logging_in = False
        self._offered = 0  # capabilities of the server
        self._used = 0  # and those that both have
        self._plugin = ""
        self._empty = 0  # packets in a row
        self._waiting = self.paired(Pending())

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter: three bytes of length, one of sequence."""
        if len(data) - at < 4:
            return 0
        return 4 + int.from_bytes(data[at : at + 3], "little")

    def resumes(self, side: Direction, data: bytes) -> bool:
        """See Cutter: a command begins a segment; a server's rows cannot be told from anything."""
        if self.client < 0 or side != self.client:
            rows = data[:3] == b"\1\0\0"
            return len(data) >= 5 and data[3] == 1 and (rows or data[4] in {OK, ERROR})
        return (
            len(data) >= 5
            and data[3] == 0
            and data[4] in _COMMANDS
            and self.measure(side, data, 0) == len(data)
        )

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        """See Cutter."""
        if size == 4:
            self._empty += 1
            if self._empty > MAX_EMPTY:
                raise ProtocolError("nothing but empty packets")
            return None
        self._empty = 0
        if not self._greeted and data[3:5] == b"\0\3":
            self.join(side)
            self._greeted = self._in = self.settled = True
        if not self._greeted:
            self._greeted = True
            self.client = 1 - side
            return (self._greeting(side, Cursor(data, 4, "little"), now),)
        if side == self.client:
            if self._in:
                return self._ask(side, data, now) if data[3] == 0 else None
            return None if self._logging_in else self._login(side, data, size, now)
        if not self._in:
            return self._outcome(side, data, size, now)
        return self._answer(side, data, now)

    # ---- the login

    def _greeting(self, side: Direction, body: Cursor, now: int) -> Observation:
        if body.u8() == ERROR:
            code, error = _error(body)
            self.close()
            return MysqlGreeting(time=now, side=side, error=error, code=code)
        version = body.until()
        body.take(4 + 8 + 1)
        self._offered = body.u16()
        if body.left >= 15:
            body.take(3)
            self._offered |= body.u16() << 16
            salt = max(13, body.u8() - 8)
            body.take(10 + min(salt, body.left - 10))
            self._plugin = plain(body.rest().split(b"\0")[0])
        return MysqlGreeting(
            time=now,
            side=side,
            version=plain(version.removeprefix(b"5.5.5-")),  # MariaDB 10 and 11 put it before their own
            plugin=self._plugin,
            offers_tls=bool(self._offered & TLS),
        )

    def _login(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation]:
        body = Cursor(data, 4, "little")
        wanted = body.u16()
        if not wanted & PROTOCOL_41:
            return (self._old_login(side, body, now),)
        wanted |= body.u16() << 16
        self._used = wanted & self._offered
        body.take(4 + 1 + 23)
        if wanted & TLS and size == 36:
            return (MysqlLogin(time=now, side=side, tls=True), self.hand_on(side, "tls", now))
        user = plain(body.until())
        self._begin(side, user, now)
        proof = _counted(body) if wanted & COUNTED else body.prefixed(1)
        database = plain(body.until()) if wanted & WITH_DB and body.left else ""
        plugin = plain(body.until()) if wanted & PLUGIN and body.left else self._plugin
        told = _attributes(body) if wanted & ATTRIBUTES and body.left else {}
        self._plugin = plugin
        client = " ".join(filter(None, (told.get("_client_name", ""), told.get("_client_version", ""))))
        return (
            MysqlLogin(
                time=now,
                side=side,
                user=user,
                database=database,
                plugin=plugin,
                clear=plugin == "mysql_clear_password" and bool(proof),
                program=told.get("program_name", ""),
                client=client,
            ),
        )

    def _old_login(self, side: Direction, body: Cursor, now: int) -> Observation:
        body.take(3)
        user = plain(body.until())
        self._begin(side, user, now)
        return MysqlLogin(time=now, side=side, user=user)

    def _begin(self, side: Direction, user: str, now: int) -> None:
        self._logging_in = True
        self._waiting.renew("login", now, side=side, said=f"login {user}")

    def _outcome(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:
        first = data[4]
        latency = self._waiting.answer("login", now)[0] if first in {OK, ERROR} else None
        if first == ERROR:
            code, error = _error(Cursor(data, 5, "little"))
            return (
                MysqlOutcome(
                    time=now,
                    side=side,
                    accepted=False,
                    plugin=self._plugin,
                    error=error,
                    code=code,
                    latency=latency,
                ),
            )
        if first != OK:
            if first == SWITCH and size > 5:
                self._plugin = plain(data[5:].split(b"\0")[0])
            return None  # more of the authentication
        self._in = self.settled = True
        if self._used & (COMPRESS | ZSTD):
            self.close()
        return (MysqlOutcome(time=now, side=side, accepted=True, plugin=self._plugin, latency=latency),)

    # ---- commands

    def _ask(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        number = data[4]
        name = _COMMANDS.get(number)
        if name is None:
            raise ProtocolError("no such command")
        text = ""
        if number in {2, 3, 5, 6, 22}:
            text = statement(data[5:])
        elif number == 17:
            text = plain(data[5:].split(b"\0")[0])
        if number in _SILENT:
            self._waiting.clear()
        else:
            said = f"{name} {text}".rstrip()
            self._waiting.renew(
                "command", now, (name, text), side=side, said="" if number in _STREAMS else said
            )
        if number in _STREAMS:
            self.close()
        return (MysqlCommand(time=now, side=side, command=name, query=text),)

    def _answer(self, side: Direction, data: bytes, now: int) -> Iterable[Observation] | None:
        if data[3] != 1 or not self._waiting:
            return None  # rows
        latency, asked = self._waiting.answer("command", now)
        if asked is None or latency is None:
            return None
        name, text = asked
        told: dict[str, Any] = {"result": "rows"}
        body = Cursor(data, 5, "little")
        if data[4] == ERROR:
            code, error = _error(body)
            told = {"result": "error", "code": code, "error": error}
        elif data[4] == LOCAL_FILE:
            told = {"result": "file"}
        elif data[4] == OK:
            told = {"result": "ok", "affected": None if name == "prepare" else _length(body)}
        elif name in {"query", "execute"}:
            body.at = 4
            told["columns"] = _length(body)
        return (MysqlResult(time=now, side=side, command=name, query=text, latency=latency, **told),)


def _error(body: Cursor) -> tuple[int, str]:
    code = body.u16()
    text = body.rest()
    return code, plain(text[6:] if text[:1] == b"#" else text)


def _length(body: Cursor) -> int:
    """A length-encoded number."""
    first = body.u8()
    return first if first < 0xFB else body.number({0xFC: 2, 0xFD: 3, 0xFE: 8}.get(first, 0))


def _counted(body: Cursor) -> bytes:
    return body.take(_length(body))


def _attributes(body: Cursor) -> dict[str, str]:
    told: dict[str, str] = {}
    end = min(body.end, body.at + 9 + _length(body))
    while body.at < end - 1 and len(told) < MAX_ATTRIBUTES:
        try:
            key = plain(_counted(body))
            told[key] = plain(_counted(body))
        except ProtocolError:
            break
    return told
