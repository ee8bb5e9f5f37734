"""Redis and its kin (Valkey, KeyDB): every command with the kind of its answer and its latency.

Recognised by a command as an array of bulk strings (RESP2 and RESP3, redis.io "Redis serialization
protocol"), on any port; commands typed as a line only on its own ports. Keys are shown, values are not;
passwords (AUTH, HELLO, CONFIG SET, ACL, MIGRATE) are reported as sent. Answers are matched in order; behind
SUBSCRIBE and MONITOR, where the server speaks unasked, they are not matched. Replication is not read.
A password is a risk of the flow where it comes within the first 64 requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cutter import Cutter, empty_lines
from procwire.dpi.wire.pending import Queue
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "redis"
PORTS = frozenset({("tcp", 6379), ("tcp", 6380), ("tcp", 26379), ("tcp", 16379)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"*PpIiAaEeHhQq"

MAX_LINE = 64  # bytes of a line that gives a number
MAX_TEXT_LINE = 1024  # bytes of a line of text: errors, commands typed by hand
MAX_ARGUMENTS = 1 << 20  # of a command; the server's own bound
MAX_DEPTH = 16  # arrays within each other
KEPT = 4  # arguments of a command that are looked at

_COMMAND = lazy(rb"\*[1-9]\d{0,6}\r\n\$[1-9]\d?\r\n[A-Za-z]")
_TYPED = lazy(rb"(?:PING|INFO|AUTH|ECHO|HELLO|QUIT)(?: [^\r\n]{0,200})?\r\n", re.IGNORECASE)
_AGGREGATES = b"*~>%|"
_LINES = b"+-:_,#("
_BULKS = b"$=!"
_UNASKED = frozenset({"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR"})
_REPLICATION = frozenset({"SYNC", "PSYNC"})
_NO_KEY = frozenset({"AUTH", "HELLO", "PING", "ECHO", "EVAL", "EVALSHA", "SCRIPT", "ACL", "MIGRATE"})
_WORDS = frozenset({"CONFIG", "CLIENT", "ACL", "CLUSTER", "COMMAND", "SCRIPT", "OBJECT", "XINFO", "XGROUP",
                    "PUBSUB", "MEMORY", "LATENCY", "DEBUG", "SENTINEL", "MODULE", "FUNCTION",
                    "SLOWLOG"})  # fmt: skip


class RedisCommand(Observation, kw_only=True):
    """A client sent a command."""

    TABLE = "redis"
    message: Annotated[str, says("command, reply or push.")] = "command"
    command: Annotated[str, says("Command, in capitals; with the second word where it has one.")]
    key: Annotated[str, says("Key or channel, where the command has one.")] = ""
    arguments: Annotated[int, says("Arguments behind the command; their values are not kept.")]
    user: Annotated[str, says("User that logs in.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent in clear; it is not kept.")] = False


class RedisLogin(RedisCommand, kw_only=True):
    """A command with a password, among the first of its session."""

    RISKS: ClassVar = {"credentials": "cleartext-credentials"}


class RedisReply(Observation, kw_only=True):
    """A server answered a command."""

    TABLE = "redis"
    message: Annotated[str, says("command, reply or push.")] = "reply"
    command: Annotated[str, says("The command this answers, where known.")] = ""
    key: Annotated[str, says("Its key.")] = ""
    kind: Annotated[str, says("status, error, integer, bulk, array, null, map, set, ...")]
    error: Annotated[str, says("The error's text.")] = ""
    count: Annotated[int | None, says("Members of an array, or bytes of a bulk string.")] = None
    latency: Annotated[int | None, says("From the command to this answer.", kind=Kind.DURATION)] = None


class RedisPush(Observation, kw_only=True):
    """A server spoke unasked: a published message, a monitored command."""

    TABLE = "redis"
    message: Annotated[str, says("command, reply or push.")] = "push"
    kind: Annotated[str, says("What was pushed: message, subscribe, monitor, ...")]


OBSERVATIONS = (RedisCommand, RedisLogin, RedisReply, RedisPush)
_KINDS = {
    0x2B: "status", 0x2D: "error", 0x3A: "integer", 0x24: "bulk", 0x2A: "array", 0x5F: "null",
    0x2C: "double", 0x23: "boolean", 0x28: "number", 0x3D: "text", 0x21: "error", 0x25: "map",
    0x7E: "set", 0x3E: "push", 0x7C: "attribute",
}  # fmt: skip


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The first two lines of a command and the first letter of its name."""
    if data[:1] in {b"", b"*"}:
        if _COMMAND.match(data):
            return Claim.YES
        return Claim.MORE if _begins(data[:24]) else Claim.NO
    if not {("tcp", context.src_port), ("tcp", context.dst_port)} & PORTS:
        return Claim.NO
    if _TYPED.match(data):
        return Claim.YES
    word = re.split(rb"[ \r]", data[:6].upper())[0]
    able = any(one.startswith(word) for one in (b"PING", b"INFO", b"AUTH", b"ECHO", b"HELLO", b"QUIT"))
    return Claim.MORE if able and b"\n" not in data and len(data) < 208 else Claim.NO


def _begins(data: bytes) -> bool:
    """Whether this could become a command with more bytes."""
    sample = b"*1\r\n$1\r\nA"
    first, _, rest = data.partition(b"\r\n")
    if b"\r\n" not in data:
        digits = first[1:].removesuffix(b"\r")
        return len(digits) <= 7 and (not digits or (digits.isdigit() and digits[:1] != b"0"))
    return _begins_bulk(rest) and len(sample) > 0 and bool(re.fullmatch(rb"\*[1-9]\d{0,6}", first))


def _begins_bulk(rest: bytes) -> bool:
    return bool(re.fullmatch(rb"(?:\$(?:[1-9]\d?(?:\r\n?)?)?)?", rest))


class Reading:
    """One value being read: how many members are still to come, on each level."""

    __slots__ = ("count", "first", "kept", "levels", "size", "text")

    def __init__(self) -> None:
        self.levels: list[int] = []
        self.kept: list[bytes] = []  # the first members, shortened
        self.first = 0
        self.size: int | None = None
        self.count = 0
        self.text = b""

    def take(self, kind: int, text: bytes, size: int | None) -> bool:
        """One element; whether the value is whole with it."""
        if not self.first:
            self.first, self.text, self.size = kind, text, size
        else:
            self.count += 1
            if len(self.kept) < KEPT:
                self.kept.append(text)
        if kind in _AGGREGATES and size and size > 0:
            if len(self.levels) >= MAX_DEPTH:
                raise ProtocolError("arrays too deep within each other")
            self.levels.append(size * 2 if kind in b"%|" else size)
            return False
        while self.levels:
            self.levels[-1] -= 1
            if self.levels[-1] > 0:
                return False
            self.levels.pop()
        return True


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = MAX_TEXT_LINE + 64

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._values = [Reading(), Reading()]
        self._waiting = self.paired(Queue())
        self._unasked = False

    def measure(self, side: Direction, data: bytes, at: int) -> int:
        """See Cutter: one line, or a bulk string with its line."""
        if data[at] == 0x0D:
            return empty_lines(data, at)
        kind = data[at]
        typed = self.client in {-1, side} and kind not in b"*$"
        limit = MAX_TEXT_LINE if typed or kind in b"+-(" else MAX_LINE
        end = data.find(b"\r\n", at, at + limit + 2)
        if end < 0:
            if len(data) - at > limit:
                raise ProtocolError("a line without end")
            return 0
        if kind not in _BULKS:
            if not typed and kind not in _AGGREGATES and kind not in _LINES and kind != 0x2E:
                raise ProtocolError("no type of RESP")
            return end + 2 - at
        size = _number(data[at + 1 : end])
        return end + 2 - at + (size + 2 if size >= 0 else 0)

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        if self.client < 0:
            self.client = side
        if data[0] == 0x0D:
            return None  # between typed commands
        kind, line_end = data[0], data.find(b"\r\n")
        line = data[1:line_end]
        value = self._values[side]
        if side == self.client and kind not in b"*$":
            if value.first:
                raise ProtocolError("a line within a command")
            return self._command(side, data[:line_end].split()[: KEPT + 1], None, now)
        number: int | None = None
        if kind in _BULKS:
            number = _number(line)
            line = data[line_end + 2 : line_end + 2 + max(0, min(number, MAX_TEXT_LINE))]
        elif kind in _AGGREGATES:
            number = _number(line)
            if number > MAX_ARGUMENTS and side == self.client:
                raise ProtocolError("a command of too many arguments")
        if not value.take(kind, line[:MAX_TEXT_LINE], number):
            return None
        self._values[side] = Reading()
        if value.first == 0x7C:
            return None
        if side == self.client:
            return self._command(side, value.kept, value.count, now)
        return self._reply(side, value, now)

    def resumes(self, side: Direction, data: bytes) -> bool:
        """See Cutter: a command or the start of an answer."""
        if side == self.client or self.client < 0:
            return claims(data, side, self.context) is Claim.YES
        return data[0] in b"+-:" and self.measure(side, data, 0) == len(data)

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()
        self._values = [Reading(), Reading()]

    def _command(
        self, side: Direction, parts: list[bytes], count: int | None, now: int
    ) -> Iterable[Observation] | None:
        if not parts:
            return None
        name = plain(parts[0], 32).upper()
        words = [plain(part) for part in parts[1:]]
        arguments = len(words) if count is None else count - 1
        user, secret = _secrets(name, words, arguments)
        key = words[0] if words and name not in _NO_KEY | _WORDS else ""
        if name in _WORDS and words:
            name = f"{name} {words[0].upper()[:32]}"
        said = "" if name in _UNASKED else f"{name} {key}".strip()
        self._waiting.ask(now, (name, key), side=side, said=said)
        self._unasked = self._unasked or name in _UNASKED
        if name in _REPLICATION:
            self.close()
        kind = RedisLogin if self.early() and secret else RedisCommand
        return (
            kind(
                time=now, side=side, command=name, key=key, arguments=arguments, user=user, credentials=secret
            ),
        )

    def _reply(self, side: Direction, value: Reading, now: int) -> Iterable[Observation]:
        kind = _KINDS.get(value.first, "unknown")
        if value.size is not None and value.size < 0:
            kind = "null"
        pushed = value.first == 0x3E or (self._unasked and kind in {"array", "status"})
        if pushed:
            what = plain(value.kept[0], 32) if value.kept else "monitor"
            return (RedisPush(time=now, side=side, kind=what),)
        latency, asked = (None, None) if self._unasked else self._waiting.answer(now)
        return (
            RedisReply(
                time=now,
                side=side,
                command=asked[0] if asked else "",
                key=asked[1] if asked else "",
                kind=kind,
                error=plain(value.text) if kind == "error" else "",
                count=None if kind == "null" else value.size,
                latency=latency,
            ),
        )


def _number(line: bytes) -> int:
    if not (1 <= len(line) <= 12) or not line.removeprefix(b"-").isdigit():
        raise ProtocolError("no number")
    size = int(line)
    if not -1 <= size <= 1 << 32:
        raise ProtocolError("no sane number")
    return size


def _secrets(name: str, words: list[str], count: int) -> tuple[str, bool]:
    """(user, whether a password was sent)."""
    if name == "AUTH":
        return (words[0] if count >= 2 and words else "", bool(count))
    upper = [word.upper() for word in words]
    if name == "HELLO" and "AUTH" in upper:
        place = upper.index("AUTH") + 1
        return (words[place] if place < len(words) else "", True)
    if (
        name == "CONFIG"
        and upper[:1] == ["SET"]
        and any("PASS" in word or "AUTH" in word for word in upper[1:2])
    ):
        return "", True
    if name == "ACL" and upper[:1] == ["SETUSER"]:
        return "", any(word[:1] in {">", "<"} for word in words[1:])
    return "", name == "MIGRATE" and count > 5 and "AUTH" in upper
